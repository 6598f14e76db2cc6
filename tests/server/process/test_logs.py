"""Where the log goes, who can read it, and how large it gets."""

from __future__ import annotations

import logging
from collections.abc import Generator
from pathlib import Path

import pytest

from closient_mcp.auth.secrets.redaction import Secret
from closient_mcp.server.process.logs import LOG_NAME, log_name, start_log


@pytest.fixture(autouse=True)
def logging_as_before() -> Generator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_log_of_a_server_is_in_a_private_file_and_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "ours"
    start_log("warning", None, folder=home).add(Secret("a-secret-of-some-length"))
    logging.getLogger("x").warning("it holds a-secret-of-some-length")
    log = home / LOG_NAME
    assert "it holds" in log.read_text()
    assert "a-secret" not in log.read_text() + capsys.readouterr().err
    assert log.stat().st_mode & 0o777 == 0o600
    assert log_name() == str(log)


def test_the_file_rotates_and_stays_bounded(tmp_path: Path) -> None:
    start_log("warning", None, folder=tmp_path / "ours")
    line = "y" * 65_536
    for _ in range(80):
        logging.getLogger("x").warning(line)
    sizes = [path.stat().st_size for path in (tmp_path / "ours").iterdir()]
    assert len(sizes) == 3
    assert max(sizes) < 1024 * 1024 + 2 * len(line)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "ours").iterdir())


def test_a_folder_that_cannot_be_written_leaves_the_log_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours").write_text("a file in the way")
    start_log("warning", None, folder=tmp_path / "ours")
    logging.getLogger("x").warning("still here")
    assert "still here" in capsys.readouterr().err
    assert log_name() == "stderr"

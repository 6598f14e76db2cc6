"""Local files are read with a record, which no longer holds once one of them is not as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from closient_mcp.tools.http.local_files import LocalFiles, is_unchanged

LIMIT = 1_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.json"
    path.write_text("one", encoding="utf-8")
    return path


def record_of(*paths: Path) -> str:
    files = LocalFiles()
    for path in paths:
        assert files.read(path, LIMIT) == b"one"
    record = files.record()
    assert record
    return record


def test_the_record_holds_for_the_same_content_in_another_file_of_another_time(file: Path) -> None:
    record = record_of(file)
    file.unlink()
    file.write_text("one", encoding="utf-8")
    os.utime(file, (1, 1))
    assert is_unchanged(record)


def lengthen(file: Path) -> None:
    file.write_text("longer", encoding="utf-8")


def empty(file: Path) -> None:
    file.write_text("", encoding="utf-8")


def remove(file: Path) -> None:
    file.unlink()


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def change_keeping_size_and_time(file: Path) -> None:
    status = file.stat()
    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def link_to_the_same_content(file: Path) -> None:
    file.rename(file.with_name("other.json"))
    file.symlink_to(file.with_name("other.json"))


@pytest.mark.parametrize(
    "change", [lengthen, empty, remove, change_keeping_size_and_time, replace_by_folder, link_to_the_same_content]
)
def test_the_record_does_not_hold_once_a_file_changed(file: Path, change: Callable[[Path], None]) -> None:
    record = record_of(file)
    change(file)
    assert not is_unchanged(record)


def test_the_record_does_not_hold_once_a_link_leads_to_another_file(file: Path, tmp_path: Path) -> None:
    current, folder = tmp_path / "current.json", tmp_path / "folder"
    current.symlink_to(file)
    folder.mkdir()
    (folder / "copy.json").write_text("one", encoding="utf-8")
    record = record_of(current)
    current.unlink()
    current.symlink_to(folder / "copy.json")
    assert not is_unchanged(record)
    current.unlink()
    current.symlink_to(file)
    assert is_unchanged(record)


def test_the_record_does_not_depend_on_the_order_of_reading(file: Path, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("one", encoding="utf-8")
    assert record_of(file, tmp_path / "b.json") == record_of(tmp_path / "b.json", file)


def test_there_is_no_record_if_a_file_changed_between_two_readings(file: Path) -> None:
    files = LocalFiles()
    assert files.read(file, LIMIT) == b"one"
    file.write_text("two", encoding="utf-8")
    assert files.read(file, LIMIT) == b"two"
    assert files.record() is None


def test_there_is_no_record_if_a_file_could_not_be_read(tmp_path: Path) -> None:
    files = LocalFiles()
    with pytest.raises(FileNotFoundError):
        files.read(tmp_path / "none.json", LIMIT)
    assert files.record() is None


def test_a_path_without_a_file_does_not_hold(tmp_path: Path) -> None:
    files = LocalFiles()
    files.resolve(tmp_path / "none.json")
    record = files.record()
    assert record
    assert not is_unchanged(record)

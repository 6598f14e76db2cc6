"""The QR codes of `generate_qr_url`, read back by a decoder that others wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.tools.closient.offline_answers import answer
from closient_mcp.tools.gs1.digital_links import parse_digital_link
from closient_mcp.tools.results.result import ImageBlock, Result

from ..fakes.paths import ROOT, TESTS

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

_PYTHON = ROOT / ".venv-clients" / "bin" / "python"
_SECONDS = 60
_SITE = "https://www.example.com"
# Together the lots have every character that a lot may have.
_LOTS = (
    "!\"%&'()*+,-./0123456",
    "789:;<=>?ABCDEFGHIJK",
    "LMNOPQRSTUVWXYZ_abcd",
    "efghijklmnopqrstuvwx",
    "yz",
    "..",
    "%2F",
    "%" * 20,
)
_CODES: list[dict[str, Any]] = [
    {"gtin": "96385074"},
    {"gtin": "09506000134352", "lot": "A", "serial": "S1", "expiry": "2027-12-31"},
    {"gtin": "09506000134352", "lot": '"' * 20, "serial": "%" * 20, "expiry": "2027-12-31"},
    *({"gtin": "09506000134352", "lot": lot} for lot in _LOTS),
]


def read(*pictures: Path) -> list[list[str]]:
    """What the decoder reads in each picture."""
    if not _PYTHON.exists() or subprocess.run([_PYTHON, "-c", "import zxingcpp, PIL"], check=False).returncode:
        pytest.skip("zxing-cpp and Pillow are not installed: make test-all")
    command = [_PYTHON, TESTS / "interop" / "clients" / "read_qr_codes.py", *pictures]
    texts: list[list[str]] = json.loads(subprocess.check_output(command, timeout=_SECONDS))
    return texts


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, Result]]:
    """The link and the result for each code."""
    results = [answer("generate_qr_url", _SITE, arguments) for arguments in _CODES]
    return [(str((result.structured or {})["digital_link"]), result) for result in results]


def test_the_png_of_each_code_reads_as_its_link(drawn: list[tuple[str, Result]], tmp_path: Path) -> None:
    pictures = [tmp_path / f"{number}.png" for number in range(len(drawn))]
    for (_, result), picture in zip(drawn, pictures, strict=True):
        (block,) = result.blocks
        assert isinstance(block, ImageBlock)
        picture.write_bytes(block.data)
    texts = read(*pictures)
    assert texts == [[link] for link, _ in drawn]
    elements = [dict(parse_digital_link(text).elements) for (text,) in texts]
    assert [(each["01"], each.get("10"), each.get("21")) for each in elements] == [
        (code["gtin"].zfill(14), code.get("lot"), code.get("serial")) for code in _CODES
    ]


def test_the_svg_of_each_code_reads_as_its_link_in_a_browser(drawn: list[tuple[str, Result]], tmp_path: Path) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("Chromium is missing")
    page, picture = tmp_path / "codes.html", tmp_path / "codes.png"
    page.write_text("".join(str((result.structured or {})["svg"]) for _, result in drawn), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    subprocess.run(
        [chromium, *options, "--window-size=2000,2400", f"--screenshot={picture}", page.as_uri()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=True,
    )
    (texts,) = read(picture)
    assert sorted(texts) == sorted(link for link, _ in drawn)

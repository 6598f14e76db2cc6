"""What pictures of QR codes say: prints the texts in each picture named in the arguments, as JSON.

Runs in an environment of its own, which has the decoder.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import json
import sys

import zxingcpp
from PIL import Image


def read(file: str) -> list[str]:
    """The texts of all QR codes in a picture, in any order."""
    with Image.open(file) as picture:
        return [code.text for code in zxingcpp.read_barcodes(picture.convert("L"), zxingcpp.BarcodeFormat.QRCode)]


if __name__ == "__main__":
    print(json.dumps([read(file) for file in sys.argv[1:]]))

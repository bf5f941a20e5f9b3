"""Rows of a CSV file for people, who open it in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

BOM = b"\xef\xbb\xbf"
"""At the start of a file: without it spreadsheets take UTF-8 for something else."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_MISREAD = re.compile(r"-?\d{16,}|\d+(:\d+)+", re.ASCII)
"""What Excel would change: it keeps 15 digits of a number, and takes 16:9 for a time of day."""


def csv_row(cells: Sequence[object]) -> bytes:
    """One line, UTF-8. What a spreadsheet would take for a formula or a time, or cut, gets a `'` in
    front."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in cells])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = _text(value)
    is_number = isinstance(value, int | float)
    acts = not is_number and text.lstrip(" \n").startswith(_FORMULA)
    return f"'{text}" if acts or _MISREAD.fullmatch(text.strip()) else text


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(entry) for entry in value)
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)

"""Rows of a CSV file for people, who open it in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

BOM = b"\xef\xbb\xbf"
"""At the start of a file: without it spreadsheets take UTF-8 for something else."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_row(cells: Sequence[object]) -> bytes:
    """One line, UTF-8. Texts that a spreadsheet would take for a formula get a `'` in front."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in cells])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None or isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, list):
        value = " ".join(str(entry) for entry in value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text

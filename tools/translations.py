"""Bring the Chinese catalogue up to date with the source.

python tools/translations.py          extract, add what is new, drop what is gone
python tools/translations.py --check  only say what is missing; ends with 1 when something is
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CHINESE = ROOT / "webapp" / "translations" / "zh_CN" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"msg": None, "nmsg": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)} | {
    "pgettext": ((1, "c"), 2)
}


def extract() -> Catalog:
    """Every sentence of the program and its pages."""
    found = Catalog(charset="utf-8", header_comment="", fuzzy=False)
    for folder, methods in (
        ("webapp", [("simulator/**.py", "ignore"), ("**.py", "python")]),
        ("templates", [("**.html", "jinja2")]),
    ):
        options = {"**.html": {"trimmed": "true", "encoding": "utf-8"}}
        for filename, _, message, _, context in extract_from_dir(
            ROOT / folder, methods, options, KEYWORDS
        ):
            found.add(message, locations=[(f"{folder}/{filename}", 0)], context=context)
    return found


def read_chinese() -> Catalog:
    """The catalogue as it is in the repository."""
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def missing(found: Catalog, chinese: Catalog) -> list[str]:
    """The sentences of the source that have no Chinese, or only a doubtful one."""
    lacking = []
    for message in found:
        if not message.id:
            continue
        known = chinese.get(_singular(message.id), message.context)
        if known is None or known.fuzzy or not _whole(known.string):
            lacking.append(_singular(message.id))
    return lacking


def _singular(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _whole(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(text) if isinstance(text, (tuple, list)) else bool(text)


def update() -> None:
    """Rewrite the catalogue in the order of the source; what is gone from there goes here too."""
    chinese = read_chinese()
    chinese.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    chinese.obsolete.clear()
    chinese.msgid_bugs_address = chinese.last_translator = ""
    with CHINESE.open("wb") as file:
        write_po(file, chinese, width=100, no_location=True, sort_output=True)


def main() -> int:
    if "--check" not in sys.argv:
        update()
    lacking = missing(extract(), read_chinese())
    for text in lacking:
        print(text)
    print(f"{len(lacking)} without a Chinese text")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())

"""Names for files that leave us: safe on every system, and still readable in any script."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 100
"""Of the words in a name, in UTF-8; a whole name stays under the usual limit of 255."""

_SEPARATORS = re.compile(r'[\\/:*?"<>|]+')
_SPACES = re.compile(r"\s+")
# Windows takes these for devices, with any extension.
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?= *(\.|$))", re.IGNORECASE)


def safe_words(text: str, max_bytes: int = MAX_BYTES) -> str:
    """`text` as part of a file name: one line, no separators, no control or bidi characters.

    Whole characters only, NFC, at most `max_bytes` of UTF-8; may be empty. Not yet unique.
    """
    kept = "".join(char for char in _SPACES.sub(" ", text[: 4 * max_bytes]) if _is_kept(char))
    name = _SEPARATORS.sub("_", unicodedata.normalize("NFC", kept)).strip(" .")
    return _cut(_RESERVED.sub(r"\1_", name), max_bytes).strip(" .")


def entry_name(index: int, prompt: str, number: int, extension: str) -> str:
    """A result's name in the zip: `{index:04d}_{prompt}.{ext}`, from the second on `…_2.{ext}`.

    Unique within a mission without looking at other names, also where case does not count: the
    digits before the first underscore are the item, and within one item only the number differs.
    """
    words = safe_words(prompt)
    parts = [f"{index:04d}", *([words] if words else []), *([str(number)] if number > 1 else [])]
    return f"{'_'.join(parts)}.{extension}"


def archive_name(mission_name: str, mission_id: int) -> str:
    """The zip's own name, `{name}_results.zip`."""
    return f"{safe_words(mission_name) or mission_id}_results.zip"


def shown_name(original: str) -> str:
    """An uploaded file's own name, to be shown again: no folders, one line, at most 255 bytes."""
    return safe_words(re.split(r"[\\/]", original)[-1], 255) or "image"


def _is_kept(char: str) -> bool:
    # C*: control, format (bidi, zero width), surrogate, private, unassigned. Zl, Zp: new lines.
    category = unicodedata.category(char)
    return category[0] != "C" and category not in ("Zl", "Zp")


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")

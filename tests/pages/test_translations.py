"""The Chinese catalogue is whole, and says the same things as the source."""

from __future__ import annotations

import re

from tools.translations import extract, missing, read_chinese

_PLACE = re.compile(r"%\((\w+)\)s|(\{\w+\})")


def test_every_sentence_has_a_chinese_text() -> None:
    """When this fails: `python tools/translations.py`, then write what it names."""
    assert missing(extract(), read_chinese()) == []


def test_nothing_is_translated_that_is_no_longer_said() -> None:
    said = {(message.id, message.context) for message in extract() if message.id}
    assert [
        message.id
        for message in read_chinese()
        if message.id and (message.id, message.context) not in said
    ] == []


def test_translations_fill_in_the_same_values() -> None:
    for message in read_chinese():
        if not message.id:
            continue
        given = message.id if isinstance(message.id, str) else " ".join(message.id)
        made = " ".join(
            [message.string] if isinstance(message.string, str) else message.string or []
        )
        extra = _places(made) - _places(given)
        assert not extra - {"n"}, f"{given!r}: {extra}"
        if isinstance(message.id, str):
            assert _places(made) == _places(given), given


def _places(text: str) -> set[str]:
    return {name or braced for name, braced in _PLACE.findall(text)}

"""Two languages: English is written in the source, Chinese comes from the catalogue (a .po file).

The .po is compiled in memory when the program starts, so there is no .mo file to forget.
"""

from __future__ import annotations

import functools
import io
from gettext import NullTranslations
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from webapp.messages import Message

LANGUAGES = ("en", "zh")
HTML_LANG = {"en": "en", "zh": "zh-CN"}
LOCALES = {"en": Locale.parse("en"), "zh": Locale.parse("zh_CN")}
CATALOGUE_FILE = (
    Path(__file__).resolve().parent / "translations" / "zh_CN" / "LC_MESSAGES" / "messages.po"
)


class Catalogue:
    """All sentences in all languages. Read once; immutable afterwards, so threads may share it."""

    def __init__(self, chinese: Path = CATALOGUE_FILE) -> None:
        self._translations: dict[str, NullTranslations] = {
            "en": NullTranslations(),
            "zh": _load(chinese),
        }

    def translations(self, language: str) -> NullTranslations:
        """For Jinja's i18n extension."""
        return self._translations[language]

    def translate(self, language: str, message: Message) -> str:
        """The sentence in a language; parameters that are sentences themselves come along."""
        source = self._translations[language]
        if message.plural is None:
            text = source.gettext(message.text)
        else:
            text = source.ngettext(message.text, message.plural, message.count)
        if not message.params:
            return text
        return text % {
            name: self.translate(language, value) if isinstance(value, Message) else value
            for name, value in message.params.items()
        }


@functools.cache
def our_catalogue() -> Catalogue:
    """The one that comes with the program, read once for a process."""
    return Catalogue()


def _load(path: Path) -> Translations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def negotiate(accept_language: str, default: str) -> str:
    """The first language of ours in an Accept-Language header, else `default`.

    Babel's negotiate_locale is not used: it answers `en` for `zh-CN,zh,en` and nothing for
    `zh-Hans-CN`. Every tag that begins with zh means Chinese to us.
    """
    weighed: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        tag, _, rest = part.strip().partition(";")
        weighed.append((-_quality(rest), position, tag.strip().lower()))
    for negative_quality, _, tag in sorted(weighed):
        language = tag.replace("_", "-").split("-")[0]
        if language in LANGUAGES and negative_quality < 0:
            return language
    return default


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0

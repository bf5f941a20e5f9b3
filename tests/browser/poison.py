"""Hostile words in every place where words are kept, and a look at what a browser makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import peewee
from starlette.routing import Route

from tests.helpers.live import LiveApp
from webapp.db import writing
from webapp.models import Table

MARKUP = (
    "\"'></textarea></title><img src=x onerror=window.pwned=1 data-pwned>"
    '<div data-pwned hx-get="/pwned" hx-trigger="load"></div><script data-pwned>window.pwned=1</script>'
    "<!--{{191919*7}}{% raw %}"
)
LINK = "javascript:window.pwned=1//{{191919*7}}"
BOTH = LINK + MARKUP
"""Acts as an address, and wherever it is not escaped."""
OURS = frozenset(  # words of the program, names that it makes itself, and what it computes
    {
        *("status", "state", "phase", "kind", "file_state", "content_type", "filename", "sha256"),
        *("task_type", "provider", "error_class", "pause_cause", "currency", "boot_id", "role"),
        *(
            "idempotency_key",
            "key_fingerprint",
            "request_hash",
            "token_hash",
            "password_hash",
            "before",
            "after",
        ),
    }
)
LOOK = """
() => {
  const addresses = ['href', 'src', 'action', 'formaction', 'poster', 'xlink:href', 'hx-get', 'hx-post'];
  const found = [];
  if (window.pwned) found.push('a script ran');
  for (const one of document.querySelectorAll('[data-pwned]')) found.push(one.outerHTML.slice(0, 200));
  if (document.documentElement.outerHTML.includes('1343433')) found.push('a template was filled in');
  for (const one of document.querySelectorAll('*')) {
    for (const { name, value } of one.attributes) {
      if (/^(on|hx-on)/.test(name)) found.push(`${name}=${value}`);
      if (addresses.includes(name) && /^\\s*(javascript|vbscript|data:text)/i.test(value)) found.push(`${name}=${value}`);
    }
  }
  return found;
}
"""
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def poison(words: str) -> None:
    """Write these words into every text of every row that does not have to be one of ours."""
    with writing():
        models: list[Any] = Table.__subclasses__()
        for model in models:
            for row in list(model.select()):
                number = row.get_id()
                changes = {
                    field.name: _poisoned(field, getattr(row, field.name), words, number)
                    for field in model._meta.sorted_fields
                    if _is_text(field)
                }
                if changes:
                    model.update(**changes).where(model._meta.primary_key == number).execute()


def _is_text(field: Any) -> bool:
    is_text = isinstance(field, peewee.TextField | peewee.CharField)
    return is_text and field.name not in OURS and not field.primary_key


def _poisoned(field: Any, value: object, words: str, number: object) -> object:
    if isinstance(value, dict | list):
        return _in_json(value, words)
    # Names that must be unique stay so.
    text = f"{number}{words}" if field.unique or field.name == "runninghub_task_id" else words
    return text[: getattr(field, "max_length", None)]


def _in_json(value: object, words: str) -> object:
    if isinstance(value, dict):
        kept = {name: _in_json(one, words) for name, one in value.items()}
        return kept if "batch_input" in kept else kept | {words: words}
    if isinstance(value, list):
        return [_in_json(one, words) for one in value]
    is_address = isinstance(value, str) and "/api/images/" in value
    return words if isinstance(value, str) and not is_address else value


def pages(app: LiveApp, words: str) -> Iterator[str]:
    """Every address that can be looked at, with the words in its query too."""
    said = quote(words)
    asked = "&".join(f"{name}={said}" for name in ("q", "state", "type", "cause", "view", "back"))
    for route in app.app.routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            for mission_id in (1, 2, 3) if "mission" in route.path else (1,):
                numbers = {"mission_id": mission_id, "width": 320}
                fill = lambda found, n=numbers: str(n.get(found[1], 1))  # noqa: E731
                path = _PARAMETER.sub(fill, route.path)
                if not path.startswith("/media/") and not path.endswith(("/download", ".csv")):
                    yield path
                    if mission_id == 1:  # what is asked does not depend on the mission
                        yield f"{path}?{asked}"
    for index in range(1, 8):
        yield f"/missions/1/items/{index}"
    for query in (f"view=table&q={said}", "view=table", f"cause={said}", "item=1", "state=failed"):
        yield f"/missions/1?{query}"
    for query in ("from=1", "from=2", "template=1", f"type={said}", f"prompts={said}"):
        yield f"/missions/new?{query}"
    yield f"/{said}"

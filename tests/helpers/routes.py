"""All addresses of the app, as its own table has them: what is added later is walked through too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from starlette.routing import BaseRoute, Mount, Route

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
SAFE = frozenset({"GET", "HEAD"})


def addresses(
    routes: Sequence[BaseRoute], number: int = 1, word: str = "x"
) -> Iterator[tuple[str, str]]:
    """Method and path of each; numbers and words in paths are these."""
    for route in routes:
        if isinstance(route, Route):
            path = _PARAMETER.sub(lambda m: str(number) if m[2] else word, route.path)
            for method in sorted(route.methods or ()):
                yield method, path


def changing(routes: Sequence[BaseRoute], number: int = 1) -> list[tuple[str, str]]:
    """Those that may change something."""
    return [one for one in addresses(routes, number) if one[0] not in SAFE]


def with_a_name(routes: Sequence[BaseRoute]) -> list[tuple[str, str, str]]:
    """Those with a word in their path: method, and what is before and behind it. Folders too."""
    found = []
    for route in routes:
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/", ""))
        elif isinstance(route, Route):
            words = [m for m in _PARAMETER.finditer(route.path) if m[2] in (None, "str", "path")]
            for match in words:
                before = _PARAMETER.sub("1", route.path[: match.start()])
                behind = _PARAMETER.sub("1", route.path[match.end() :])
                method = min(route.methods or {"GET"})
                found.append((method, before, behind))
    return found

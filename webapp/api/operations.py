"""One call of the JSON interface: its address, its code, and everything that the OpenAPI document says of
it. The route is made from it, so that no call is without its description."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.routing import Route

from webapp.accounts.people import Role
from webapp.api.api_requests import NoQuery
from webapp.messages import Message

_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_SAFE = frozenset({"GET", "HEAD"})
_ALWAYS = (400, 500, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`errors` are those beside the ones that follow from the rest; see `statuses`."""

    method: str
    path: str  #: as Starlette writes it, `{mission_id:id}`
    endpoint: Callable[..., Any]
    group: Message
    summary: Message
    detail: Message | None = None
    role: Role | None = Role.VIEWER  #: who may, in team mode; None: everybody, signed in or not
    query: type[NoQuery] | None = None
    headers: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_required: bool = False
    form: bool = False  #: the body is multipart/form-data and no JSON
    example: object = None  #: a body that works
    answer: Any = None  #: the shape (json_shapes.py) of `data`; None for a file
    enveloped: bool = True  #: the answer stands in {"code": 0, "data": …}
    media_types: tuple[str, ...] = ("application/json",)
    errors: tuple[int, ...] = ()
    same_on: tuple[int, ...] = ()  #: error statuses with the answer's own shape, not an envelope
    middleware: Sequence[Middleware] = field(default=(), repr=False)
    route_name: str | None = None

    @property
    def name(self) -> str:
        """What generated clients call it."""
        return str(self.endpoint.__name__)

    @property
    def public_path(self) -> str:
        """As the document writes it, `{mission_id}`."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def path_parameters(self) -> dict[str, str]:
        """Names with their convertors."""
        return {name: kind or "str" for name, kind in _PARAMETER.findall(self.path)}

    @property
    def changes(self) -> bool:
        """Whether it is more than a look."""
        return self.method not in _SAFE

    @property
    def statuses(self) -> tuple[int, ...]:
        """The error statuses that it may answer with. Each follows from what it takes:

        400, 500 and 503 may always come; 401 and 403 where a role is needed, 403 too where another
        website could have asked; 404 for a name in its address; 408, 413, 415 and 422 for a body; 422 for
        a query or a header.
        """
        found = {*_ALWAYS, *self.errors}
        if self.role is not None:
            found |= {401, 403}
        if self.changes:
            found |= {403, 408, 413, 415, 422}
        if self.path_parameters:
            found.add(404)
        if self.query or self.headers:
            found.add(422)
        return tuple(sorted(found))

    def route(self) -> Route:
        """For the URL table."""
        return Route(
            self.path,
            self.endpoint,
            methods=[self.method],
            name=self.route_name,
            middleware=list(self.middleware),
        )

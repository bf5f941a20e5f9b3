"""On whose behalf a request acts. Who that is, doorkeeper.py finds out."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from webapp.accounts.people import NOBODY, Person
from webapp.errors import NotSignedIn


def person_of(connection: HTTPConnection) -> Person:
    """Who asks. Raises NotSignedIn on the few pages that are for everybody."""
    found = find_person(connection)
    if found is None:
        raise NotSignedIn
    return found


def find_person(connection: HTTPConnection) -> Person | None:
    """Who asks; None for somebody who is not signed in, on a page that is for everybody."""
    found: Person | None = connection.scope.get("user")
    return found


def visiting(connection: HTTPConnection) -> Person:
    """Who asks, also where that is nobody: on a page for everybody, and for what was refused before
    anybody looked who it is."""
    return find_person(connection) or NOBODY


def session_of(connection: HTTPConnection) -> int | None:
    """The number of the session that the browser showed; None for a program, and without accounts."""
    found: int | None = connection.scope.get("session_id")
    return found

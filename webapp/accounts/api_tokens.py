"""Tokens with which a person's programs call the JSON interface. Every method blocks."""

from __future__ import annotations

from webapp.accounts.credentials import HINT_CHARACTERS, digest, new_token
from webapp.accounts.people import Person
from webapp.clock import Clock
from webapp.errors import Conflict, InvalidInput, NotFound
from webapp.messages import msg
from webapp.store import api_tokens as store
from webapp.store.api_tokens import TokenView

LONGEST_NAME = 100
MOST = 50


class ApiTokens:
    """Use cases of tokens; each person has their own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def list(self, person: Person) -> tuple[TokenView, ...]:
        """The newest first."""
        return store.list_tokens(person.id)

    def create(self, person: Person, name: str) -> str:
        """A new token, which is not shown again. Raises InvalidInput and Conflict."""
        name = " ".join(name.split())
        if not name:
            raise InvalidInput.field(
                "token_name", msg("Give it a name, so that you know it later.")
            )
        if len(name) > LONGEST_NAME:
            problem = msg("A name may have up to %(count)s characters.", count=LONGEST_NAME)
            raise InvalidInput.field("token_name", problem)
        token = new_token()
        hint = token[-HINT_CHARACTERS:]
        if not store.create(person, name, digest(token), hint, self._clock.now(), MOST):
            raise Conflict(msg("You have %(count)s tokens. Revoke one first.", count=MOST))
        return token

    def revoke(self, person: Person, token_id: int) -> None:
        """It is not taken any more. Raises NotFound."""
        if not store.revoke(person, token_id, self._clock.now()):
            raise NotFound(msg("This token does not exist any more."))

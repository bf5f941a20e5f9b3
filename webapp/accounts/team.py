"""Accounts as a whole: whether there are any, and who may come in. Every method blocks."""

from __future__ import annotations

import logging

from webapp.accounts.api_tokens import ApiTokens
from webapp.accounts.passwords import Passwords
from webapp.accounts.people import LOCAL
from webapp.accounts.sign_in import Known, SignIn
from webapp.accounts.users import Users
from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.errors import Forbidden, Unavailable
from webapp.messages import msg
from webapp.store.users import any_users

log = logging.getLogger(__name__)


class Team:
    """With one account or more nobody comes in without one. Before, whoever sits at this machine is the
    local user: `alone` says that the program listens on this machine only, and `here` that it was
    called by a name of this machine, for a proxy may let the whole world call it by another."""

    def __init__(self, clock: Clock, passwords: Passwords, secret: bytes, *, alone: bool) -> None:
        self.users = Users(clock, passwords)
        self.sign_in = SignIn(clock, passwords, secret)
        self.tokens = ApiTokens(clock)
        self._alone = alone
        self._exists = False

    def exists(self) -> bool:
        """Whether there are accounts. Asked with every request, so that a running server follows the
        first `webapp user add`; accounts are never deleted, so the answer yes is asked for once."""
        if not self._exists:
            self._exists = any_users()
        return self._exists

    def recognise(
        self, session: str, token: str | None, *, quiet: bool, here: bool
    ) -> Known | None:
        """Who shows this session or this token; None for nobody. Raises NotSignedIn for a token that
        is not valid, Forbidden where there are no accounts and others can reach the program, and
        Unavailable when the database does not say."""
        try:
            return self._recognise(session, token, quiet, here)
        except STORAGE_ERRORS as error:
            log.warning("nobody can be recognised: %s", error)
            sentence = msg("The database does not answer. Please try again in a moment.")
            raise Unavailable(sentence) from error

    def _recognise(self, session: str, token: str | None, quiet: bool, here: bool) -> Known | None:
        if not self.exists():
            if not (self._alone and here):
                raise _no_accounts()
            return Known(LOCAL)
        if token is not None:
            return self.sign_in.by_token(token)
        return self.sign_in.by_session(session, quiet=quiet) if session else None


def _no_accounts() -> Forbidden:
    return Forbidden(
        msg(
            "There are no accounts, so nobody is let in. "
            "On the server run: webapp user add NAME --role admin"
        )
    )

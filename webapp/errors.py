"""What can go wrong in a way that we foresaw, each with the HTTP status it means.

AppError
├── InvalidInput      422  a field does not fit; `errors` names each
├── MalformedRequest  400  the request could not be read at all
├── NotSignedIn       401  nobody knows who asks
├── Forbidden         403  another website asked, or the person may not
├── NotFound          404
├── TooSlow           408
├── Conflict          409  somebody was first, or the state does not allow it
├── TooLarge          413
├── UnsupportedMedia  415
├── TooManyTries      429  `retry_after_s` says when it may be tried again
└── Unavailable       503  try again in a moment
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.messages import Message, msg


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `row` counts from 1 where the field is in a batch."""

    field: str
    message: Message
    row: int | None = None


class AppError(Exception):
    """A foreseen error with a sentence for the person; never logged with a traceback."""

    status = 500

    def __init__(self, message: Message, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(str(message))
        self.message = message
        self.errors = tuple(errors)


class InvalidInput(AppError):
    """The request was understood, but some fields do not fit."""

    status = 422

    @classmethod
    def of(cls, errors: Sequence[FieldError]) -> InvalidInput:
        """Wrap field errors; the first one is also the headline."""
        return cls(errors[0].message, errors=errors)

    @classmethod
    def field(cls, field: str, message: Message) -> InvalidInput:
        """One field, one sentence."""
        return cls(message, errors=[FieldError(field, message)])


class MalformedRequest(AppError):
    """The request could not be read: broken JSON, a bad form."""

    status = 400


class NotSignedIn(AppError):
    """Only for people with an account. Pages lead to the sign-in, JSON names `Authorization`."""

    status = 401

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or msg("Sign in first."))


class Forbidden(AppError):
    """The request did not come from our own pages, or the person may not do this."""

    status = 403


class NotFound(AppError):
    """What was asked for is not here."""

    status = 404

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or msg("This page does not exist, or no longer does."))


class Conflict(AppError):
    """The thing is not in a state that allows this, or somebody else was first."""

    status = 409


class TooSlow(AppError):
    """The request did not arrive in the time that we give it."""

    status = 408


class TooLarge(AppError):
    """More bytes than we take."""

    status = 413


class UnsupportedMedia(AppError):
    """A content type or a file format that we do not take."""

    status = 415


class TooManyTries(AppError):
    """Passwords were tried too often; other accounts are not affected."""

    status = 429

    def __init__(self, message: Message, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    """A passing trouble on our side (the database is busy); the same call may work soon."""

    status = 503

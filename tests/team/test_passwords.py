"""What is taken as a password, how it is kept, and how much work a check is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeSettings
from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, add_user
from webapp.accounts.passwords import AT_ONCE, Passwords, check_password
from webapp.db import reading
from webapp.errors import InvalidInput
from webapp.models import User


class Counting(PasswordHasher):
    """Argon2, which notes how often it is used, and how often at the same moment."""

    def __init__(self, memory_cost: int = 64) -> None:
        super().__init__(time_cost=1, memory_cost=memory_cost, parallelism=1)
        self.checks = 0
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        with self._lock:
            self.checks += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            return super().verify(hash, password)
        finally:
            with self._lock:
                self._now -= 1


@pytest.fixture
def hasher() -> Counting:
    return Counting()


@pytest.fixture
def counted(make_settings: MakeSettings, hasher: Counting) -> Iterator[LiveApp]:
    """An app with Anna whose hasher counts."""
    with LiveApp(make_settings(), hasher=hasher) as app:
        add_user(app, "Anna", "admin")
        yield app


def test_a_password_is_argon2id_with_the_library_s_parameters() -> None:
    kept = Passwords().hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Passwords().fits(kept, PASSWORD)
    assert not Passwords().fits(kept, PASSWORD + " ")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 9,
        "x" * 300,
        "          ",
        "aaaaaaaaaaaaaaa",
        "1234567890",
        "QWERTYUIOP",
        "Password12",
        "benjamin benjamin",
        "BENJAMIN2026",
        "benjamin!!!",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_password(password, "Benjamin")
    assert caught.value.errors[0].field == "password"


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "四个互不相关的词语连在一起",
        "ten chars!",
        "x7" * 100,
        "my friend benjamin",
        "8250193746",
        "🦊" * 5 + "owlet",
    ],
)
def test_everything_else_is_taken(password: str) -> None:
    check_password(password, "Benjamin")


@given(st.text(min_size=10, max_size=200))
def test_whatever_is_typed_opens_what_it_closed(password: str) -> None:
    passwords = Passwords(PasswordHasher.from_parameters(CHEAPEST))
    assert passwords.fits(passwords.hash(password), password)


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    passwords = Passwords(Counting())
    kept = passwords.hash("caf\u00e9 au lait")
    assert passwords.fits(kept, "cafe\u0301 au lait")
    assert not passwords.fits(kept, "cafe au lait")


@pytest.mark.parametrize("kept", ["", "nonsense", "$argon2id$v=19$broken", "\x00"])
def test_a_hash_that_cannot_be_read_opens_nothing(kept: str) -> None:
    assert not Passwords(Counting()).fits(kept, "")


def test_an_unknown_name_costs_the_same_work_as_a_known_one(
    counted: LiveApp, hasher: Counting
) -> None:
    with Colleague(counted) as stranger:
        for name, password in (
            ("Anna", "wrong"),
            ("Nobody", "wrong"),
            ("Anna", "x" * 5000),
            ("", ""),
            ("Anna", PASSWORD),
        ):
            before = hasher.checks
            stranger.sign_in(name, password)
            assert hasher.checks - before == 1, name


def test_twenty_at_once_are_checked_two_at_a_time(counted: LiveApp, hasher: Counting) -> None:
    names = [f"Guest {number}" for number in range(20)]

    def sign_in(name: str) -> int:
        with Colleague(counted) as stranger:
            return stranger.sign_in(name).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(sign_in, names))
    assert statuses == [422] * 20
    assert hasher.checks == 20
    assert 1 <= hasher.most_at_once <= AT_ONCE


def test_a_sign_in_keeps_the_password_with_the_parameters_of_today(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings()
    with LiveApp(settings, hasher=Counting(memory_cost=64)) as app:
        add_user(app, "Anna", "admin")
        before = _kept()
        with Colleague(app, "Anna"):
            assert _kept() == before, "nothing changed, so nothing is written"
    with LiveApp(settings, hasher=Counting(memory_cost=128)) as app, Colleague(app) as anna:
        anna.sign_in("Anna", "wrong password")
        assert _kept() == before
        assert anna.sign_in("Anna").status_code == 303
        assert "m=128," in _kept()
        assert anna.sign_in("Anna").status_code == 303


def _kept() -> str:
    with reading():
        return str(User.get().password_hash)

"""What is signed, and who may submit."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp.safety.lock import ManagerLock
from webapp.server.secret import load_secret, webhook_mac, webhook_ok
from webapp.settings import Settings, load_settings


def settings_in(folder: Path, **given: object) -> Settings:
    return load_settings(_env_file=None, data_dir=folder, **given)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secret = load_secret(settings_in(tmp_path))
    assert len(secret) == 64
    assert load_secret(settings_in(tmp_path)) == secret
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["secret.key"]


def test_a_given_secret_wins(tmp_path: Path) -> None:
    assert load_secret(settings_in(tmp_path, secret_key="given")) == b"given"
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("broken", [b"", b"\n", b"  "])
def test_an_empty_secret_is_never_used(tmp_path: Path, broken: bytes) -> None:
    """A process that dies in the middle of the first start once left a key that everybody knows."""
    (tmp_path / "secret.key").write_bytes(broken)
    assert len(load_secret(settings_in(tmp_path))) == 64


def test_many_starts_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load_secret(settings_in(tmp_path)), range(64)))
    assert len(found) == 1
    assert names_in(tmp_path) == ["secret.key"]


@pytest.mark.parametrize(
    "change",
    [
        lambda mac: mac[:-1] + ("0" if mac[-1] != "0" else "1"),
        lambda mac: mac[:-1],
        lambda mac: mac + "0",
        lambda mac: mac.upper(),
        lambda _: "",
        lambda _: "ключ",
        lambda _: "\ud800",
    ],
)
def test_only_our_own_signature_opens_a_webhook(change: Callable[[str], str]) -> None:
    secret = b"s"
    mac = webhook_mac(secret, 7)
    assert webhook_ok(secret, 7, mac)
    if change(mac) != mac:
        assert not webhook_ok(secret, 7, change(mac))
    assert not webhook_ok(secret, 8, mac)
    assert not webhook_ok(b"t", 7, mac)


def test_one_manager_per_database(tmp_path: Path) -> None:
    first, second = ManagerLock(tmp_path / "m.db"), ManagerLock(tmp_path / "m.db")
    assert first.acquire()
    assert not second.acquire()
    assert ManagerLock(tmp_path / "other.db").acquire()
    (tmp_path / "m.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "m.db")
    assert not ManagerLock(tmp_path / "link.db").acquire()
    first.release()
    assert second.acquire()
    second.release()

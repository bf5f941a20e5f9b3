"""What is written to the log, and what never is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from tests.conftest import KEY, MakeSettings
from webapp.redaction import hide_secrets
from webapp.server import logs


@pytest.fixture
def log(make_settings: MakeSettings) -> Iterator[io.StringIO]:
    """Everything that is logged while a test runs."""
    stream = io.StringIO()
    handler = logs.configure(
        make_settings(runninghub_api_key=KEY, secret_key="sign-with-me", log_level="debug"), stream
    )
    root = logging.getLogger()
    yield stream
    root.removeHandler(handler)


@pytest.mark.usefixtures("spilled_on_purpose")
def test_a_key_is_replaced_wherever_it_comes_from(log: io.StringIO) -> None:
    logger = logging.getLogger("webapp.test")
    logger.info("key %s", KEY)
    logging.getLogger("urllib3").warning("https://x.example/?k=%s", KEY)
    try:
        raise ValueError(f"{KEY} and sign-with-me are refused")
    except ValueError:
        logger.exception("no luck with %r", {"headers": KEY})
    assert KEY not in log.getvalue()
    assert "sign-with-me" not in log.getvalue()
    assert "ValueError: *** and *** are refused" in log.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer SECRETSECRET",
        '{"apiKey": "SECRETSECRET"}',
        "api_key=SECRETSECRET",
        "https://cos.example/a.png?q-sign-algorithm=sha1&q-signature=SECRETSECRET",
        "https://s3.example/a.png?X-Amz-Credential=SECRETSECRET&X-Amz-Date=1",
        "https://oss.example/a.png?Expires=1&OSSAccessKeyId=SECRETSECRET",
        "https://x.example/?token=SECRETSECRET",
        "password: SECRETSECRET",
        "POST /hooks/rh/17/SECRETSECRET failed",
        "GET /invitation/SECRETSECRET failed",
        '{"webhookUrl": "https:\\/\\/m.example\\/hooks\\/rh\\/17\\/SECRETSECRET"}',
    ],
)
def test_what_looks_like_a_secret_is_replaced(text: str) -> None:
    assert "SECRETSECRET" not in hide_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "mission 17 moved from queued to running",
        "GET /api/api-missions/17 failed",
        "a key of this mission: none",
        "the secret: unknown",
        "monkey=12345678",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert hide_secrets(text, ("",)) == text


def test_a_line_break_does_not_make_a_second_line(log: io.StringIO) -> None:
    logging.getLogger("webapp.test").warning("prompt %s", "one\r\n2026 ERROR forged")
    assert len(log.getvalue().splitlines()) == 1


def test_a_line_names_the_request(log: io.StringIO) -> None:
    token = logs.request_id.set("abc123")
    logging.getLogger("webapp.test").info("inside")
    logs.request_id.reset(token)
    logging.getLogger("webapp.test").info("outside")
    inside, outside = log.getvalue().splitlines()
    assert "INFO webapp.test [abc123] inside" in inside
    assert "[-] outside" in outside


def test_libraries_speak_only_of_troubles(log: io.StringIO) -> None:
    logging.getLogger("urllib3.connectionpool").info("connecting")
    logging.getLogger("webapp.test").debug("ours")
    assert "connecting" not in log.getvalue()
    assert "ours" in log.getvalue()


def test_setting_up_twice_does_not_write_twice(
    log: io.StringIO, make_settings: MakeSettings
) -> None:
    again = io.StringIO()
    handler = logs.configure(make_settings(), again)
    logging.getLogger("webapp.test").warning("once")
    logging.getLogger().removeHandler(handler)
    assert again.getvalue().count("once") == 1
    assert "once" not in log.getvalue()


def test_a_line_says_what_it_is_about(log: io.StringIO) -> None:
    logger = logging.getLogger("webapp.test")
    logger.info("submitted", extra={"mission": 3, "item": 4, "attempt": 5, "remote_task": "20135"})
    logger.info("plain", extra={"mission": None})
    about, plain = log.getvalue().splitlines()
    assert about.endswith("submitted mission=3 item=4 attempt=5 remote_task=20135")
    assert plain.endswith("plain")


def test_a_line_names_the_person(log: io.StringIO) -> None:
    token = logs.person.set("anna")
    logging.getLogger("webapp.test").info("paused")
    logs.person.reset(token)
    assert log.getvalue().strip().endswith("paused person=anna")


def test_what_a_line_is_about_makes_no_second_line(log: io.StringIO) -> None:
    logging.getLogger("webapp.test").info("x", extra={"remote_task": "1\n2026 ERROR forged"})
    assert len(log.getvalue().splitlines()) == 1


@pytest.fixture
def json_log(make_settings: MakeSettings) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    settings = make_settings(runninghub_api_key=KEY, log_level="debug", log_format="JSON")
    handler = logs.configure(settings, stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_json_lines_can_be_read_by_a_program(json_log: io.StringIO) -> None:
    token = logs.request_id.set("abc123")
    logging.getLogger("webapp.test").info("“sent” %s\n", "狐狸", extra={"mission": 3, "item": 4})
    logs.request_id.reset(token)
    (line,) = json_log.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "info",
        "logger": "webapp.test",
        "message": "“sent” 狐狸\n",
        "request_id": "abc123",
        "mission": 3,
        "item": 4,
    }


@pytest.mark.usefixtures("spilled_on_purpose")
def test_json_lines_hold_no_secret(json_log: io.StringIO) -> None:
    try:
        raise ValueError(f"{KEY} is refused by https://x.example/a?token=SECRETSECRET")
    except ValueError:
        logging.getLogger("webapp.test").exception("no luck", extra={"remote_task": KEY})
    (line,) = json_log.getvalue().splitlines()
    assert "ValueError: *** is refused" in json.loads(line)["error"]
    assert "SECRETSECRET" not in line
    assert KEY not in line

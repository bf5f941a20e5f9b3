"""What each thing that can happen to a paid POST means (reliability.md §2.5), on real sockets."""

from __future__ import annotations

import gzip
import socket
import ssl
from pathlib import Path

import pytest

from tests.helpers.canary import KEY
from tests.providers.clients import client, described, submit, submit_error
from tests.providers.rawserver import Connection, Handler, RawServer, answering, http_answer
from webapp.providers.base import RAW_LIMIT_BYTES, ErrorClass, ProviderError

TASK_ID = "2013508786110730241"
ACCEPTED = {"taskId": TASK_ID, "status": "QUEUED", "errorCode": "", "errorMessage": ""}
CERTIFICATE = Path(__file__).with_name("selfsigned.pem")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# -- nothing was sent ------------------------------------------------------------------------------


def test_nothing_listening_is_transient() -> None:
    error = submit_error(f"http://127.0.0.1:{free_port()}")
    assert described(error) == (ErrorClass.TRANSIENT, "connection_refused")


def test_an_unknown_host_is_transient() -> None:
    error = submit_error("http://no-such-host.invalid")
    assert described(error) == (ErrorClass.TRANSIENT, "dns_failed")


def test_a_connection_that_is_never_taken_is_transient() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        error = submit_error(f"http://127.0.0.1:{address[1]}", timeout_s=0.2)
        for filler in fillers:
            filler.close()
    assert described(error) == (ErrorClass.TRANSIENT, "connect_timeout")


def test_an_answer_that_is_no_tls_is_transient() -> None:
    def plain(connection: Connection) -> None:
        connection.send(http_answer(b"no tls here"))
        connection.hold()

    with RawServer(plain) as server:
        error = submit_error(f"https://127.0.0.1:{server.port}")
    assert described(error) == (ErrorClass.TRANSIENT, "tls_failed")


def test_a_tls_handshake_that_never_ends_is_transient() -> None:
    with RawServer(Connection.hold) as server:
        error = submit_error(f"https://127.0.0.1:{server.port}", timeout_s=0.2)
    assert described(error) == (ErrorClass.TRANSIENT, "connect_timeout")


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    received: list[bytes] = []

    def over_tls(connection: Connection) -> None:
        with context.wrap_socket(connection.take(), server_side=True) as tls:
            received.append(tls.recv(1))

    with RawServer(over_tls) as server:
        error = submit_error(f"https://127.0.0.1:{server.port}")
    assert described(error) == (ErrorClass.TRANSIENT, "tls_failed")
    assert received == []


# -- sent, and no usable answer --------------------------------------------------------------------


def close_without_answer(connection: Connection) -> None:
    connection.read_request()


def reset_after_the_request(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def never_answer(connection: Connection) -> None:
    connection.read_request()
    connection.hold()


def drip_the_head(connection: Connection) -> None:
    connection.read_request()
    connection.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000)


def drip_the_body(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    connection.drip(b" " * 100_000)


def chunked(data: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (close_without_answer, "connection_lost"),
        (reset_after_the_request, "connection_lost"),
        (never_answer, "read_timeout"),
        (drip_the_head, "read_timeout"),
        (drip_the_body, "read_timeout"),
    ],
)
def test_a_request_that_was_sent_and_not_answered_is_ambiguous(handler: Handler, code: str) -> None:
    with RawServer(handler) as server:
        error = submit_error(server.url, timeout_s=0.3)
        assert len(server.requests) == 1
    assert described(error) == (ErrorClass.AMBIGUOUS, code)


@pytest.mark.parametrize("handler", [never_answer, drip_the_head, drip_the_body])
def test_a_slow_server_holds_a_submit_no_longer_than_the_total_deadline(handler: Handler) -> None:
    """At 20 bytes a second, each read is in time and the whole would take an hour."""
    with RawServer(handler) as server:
        submit_error(server.url, timeout_s=0.3)
        assert server.left.wait(5)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "connection_lost"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "unreadable_answer"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"taskId":"1', "answer_cut"),
        (chunked(b'20\r\n{"taskId":"1'), "answer_cut"),
        (chunked(b"zz\r\nnonsense"), "answer_cut"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n", "connection_lost"),
        (http_answer(b'{"taskId":"20135087'), "unreadable_answer"),
        (http_answer(b"<html><h1>502 Bad Gateway</h1></html>"), "unreadable_answer"),
        (http_answer(b""), "unreadable_answer"),
        (http_answer(b"", 204), "unreadable_answer"),
        (http_answer(b"\xff\xfe\x00\x01"), "unreadable_answer"),
        (http_answer(b"[" * 100_000), "unreadable_answer"),
        (http_answer([ACCEPTED]), "unreadable_answer"),
        (http_answer(b"null"), "unreadable_answer"),
        (http_answer(b"not gzip", headers="Content-Encoding: gzip\r\n"), "unreadable_answer"),
        (http_answer(b" " * 2**21), "answer_too_large"),
        (
            http_answer(gzip.compress(b" " * 2**26), headers="Content-Encoding: gzip\r\n"),
            "answer_too_large",
        ),
        (http_answer({}), "no_task_id"),
        (http_answer({"taskId": "", "errorCode": "", "status": ""}), "no_task_id"),
        (http_answer({"taskId": None, "errorCode": None}), "no_task_id"),
        (http_answer({"taskId": 0, "errorCode": 0}), "no_task_id"),
        (http_answer({"taskId": True}), "no_task_id"),
        (http_answer({"taskId": ["1"]}), "no_task_id"),
        (http_answer(b'{"taskId": 2.013508786110730e18}'), "no_task_id"),
        (http_answer({"code": 0, "msg": "success", "data": None}), "no_task_id"),
        (http_answer({"code": 200, "msg": "success", "data": {}}), "no_task_id"),
        (http_answer({"errorMessage": "something went wrong"}), "no_task_id"),
        *(
            (http_answer(b"", s, "Location: /x\r\n"), f"http_{s}")
            for s in (301, 302, 303, 307, 308)
        ),
        *((http_answer({"errorCode": "421"}, s), f"http_{s}") for s in (500, 502, 504, 520, 408)),
    ],
)
def test_an_answer_that_leaves_it_open_is_ambiguous(answer: bytes, code: str) -> None:
    with RawServer(answering(answer)) as server:
        error = submit_error(server.url)
        assert len(server.requests) == 1
    assert described(error) == (ErrorClass.AMBIGUOUS, code)


def test_a_redirect_is_not_followed() -> None:
    with RawServer(answering(http_answer(ACCEPTED))) as elsewhere:
        moved = http_answer(b"", 307, f"Location: {elsewhere.url}/openapi/v2/x\r\n")
        with RawServer(answering(moved)) as server:
            error = submit_error(server.url)
        assert elsewhere.connections == 0
    assert described(error) == (ErrorClass.AMBIGUOUS, "http_307")


# -- answered --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((s, ErrorClass.INPUT) for s in (400, 404, 405, 413, 422)),
        *((s, ErrorClass.ACCOUNT) for s in (401, 403)),
        (429, ErrorClass.BUSY),
        (503, ErrorClass.TRANSIENT),
    ],
)
def test_a_status_that_says_no(status: int, expected: ErrorClass) -> None:
    with RawServer(answering(http_answer(b"<p>no</p>", status))) as server:
        error = submit_error(server.url)
        assert len(server.requests) == 1
    assert described(error) == (expected, f"http_{status}")
    assert error.http_status == status


def test_a_code_in_the_body_is_clearer_than_the_status() -> None:
    with RawServer(answering(http_answer({"errorCode": "1501"}, 400))) as server:
        assert described(submit_error(server.url)) == (ErrorClass.CONTENT, "1501")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("99999999", 3600.0),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120.0),  # the test's clock stands at midnight
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("Thu, 99 Jan 2026 00:02:00 GMT", None),
    ],
)
def test_the_time_to_wait_that_the_service_names(value: str, seconds: float | None) -> None:
    full = http_answer(b"", 429, f"Retry-After: {value}\r\n")
    with RawServer(answering(full)) as server:
        error = submit_error(server.url)
    assert error.error_class is ErrorClass.BUSY
    assert error.retry_after_s == seconds


@pytest.mark.parametrize(
    "body",
    [
        ACCEPTED,
        {"taskId": int(TASK_ID)},
        {**ACCEPTED, "errorCode": "1000", "errorMessage": "Unknown error"},
        {**ACCEPTED, "status": "SUCCESS", "results": "odd", "usage": 7, "taskUsageList": None},
        {"code": 0, "msg": "success", "data": {"taskId": TASK_ID, "taskStatus": "QUEUED"}},
    ],
)
def test_a_task_id_means_accepted_however_odd_the_rest(body: object) -> None:
    with RawServer(answering(http_answer(body))) as server, client(server.url) as provider:
        submission = submit(provider)
    assert submission.remote_task_id == TASK_ID
    assert submission.phase == "queued"


def test_each_submit_has_a_connection_of_its_own_that_the_server_is_asked_to_close() -> None:
    def keep_alive(connection: Connection) -> None:
        while connection.read_request():
            connection.send(http_answer(ACCEPTED, close=False))

    with RawServer(keep_alive) as server, client(server.url) as provider:
        for _ in range(3):
            submit(provider)
        assert server.connections == 3
        assert all(b"\r\nConnection: close\r\n" in request for request in server.requests)


def test_the_environment_cannot_send_the_key_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with RawServer(answering(http_answer(ACCEPTED))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with RawServer(answering(http_answer(ACCEPTED))) as server, client(server.url) as provider:
            submit(provider)
            assert b"Authorization: Bearer rh-CANARY" in server.requests[0]
        assert proxy.connections == 0


def test_what_the_service_says_is_kept_without_secrets_and_not_at_length() -> None:
    words = (
        f"key {KEY}, Authorization: Bearer abc.def, "
        f"https://cdn.example/x.png?q-sign=SECRET&t=1 and https:\\/\\/cdn.example\\/y?sign=SECRET "
        f"{'字' * 3000}"
    )
    with RawServer(answering(http_answer(words.encode(), 500))) as server:
        raw = submit_error(server.url).raw
    assert "CANARY" not in raw
    assert "abc.def" not in raw
    assert "SECRET" not in raw
    assert "https://cdn.example/x.png?***" in raw
    assert len(raw.encode()) <= RAW_LIMIT_BYTES


@pytest.mark.parametrize("key", ["", "  ", "钥匙", "a\r\nX-Evil: 1"])
def test_a_key_that_cannot_be_sent_is_an_account_matter(key: str) -> None:
    with (
        RawServer(answering(http_answer(ACCEPTED))) as server,
        client(server.url, key=key) as provider,
        pytest.raises(ProviderError) as caught,
    ):
        submit(provider)
    assert described(caught.value) == (ErrorClass.ACCOUNT, "key_unusable")
    assert server.requests == []


def test_a_payload_that_json_cannot_say_is_an_input_error() -> None:
    with (
        RawServer(answering(http_answer(ACCEPTED))) as server,
        client(server.url) as provider,
        pytest.raises(ProviderError) as caught,
    ):
        provider.submit("x", {"prompt": float("nan")}, webhook_url=None)
    assert described(caught.value) == (ErrorClass.INPUT, "payload_unusable")
    assert server.requests == []

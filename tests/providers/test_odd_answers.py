"""Whatever JSON comes, reading it ends in a value or in a ProviderError, never in another error."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.providers.clients import client, submit
from tests.providers.rawserver import Connection, RawServer, http_answer
from webapp.providers import runninghub_wire as wire
from webapp.providers.base import ErrorClass, Provider, ProviderError

FIELDS = [
    "taskId",
    "status",
    "taskStatus",
    "errorCode",
    "errorMessage",
    "code",
    "msg",
    "message",
    "data",
    "results",
    "usage",
    "failedReason",
    "url",
    "outputUrl",
    "outputType",
    "text",
    "nodeId",
    "consumeMoney",
    "thirdPartyConsumeMoney",
    "taskCostTime",
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet="a0-. /参\x00é", max_size=20)
    | st.sampled_from(
        ["SUCCESS", "FAILED", "RUNNING", "0", "421", "1e5", "http://[", "https://x/y.png"]
    )
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=20,
)
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
on_the_wire = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=8)


@untimed
@given(bodies)
def test_reading_never_raises(body: dict[str, object]) -> None:
    read = wire.read_json(json.dumps(body).encode())
    assert read is not None
    assert isinstance(wire.error_code(read), str)
    assert isinstance(wire.error_text(read), str)
    assert len(wire.task_id(read)) <= 128
    assert wire.status_word(read) == wire.status_word(read).upper()
    for result in wire.results(read):
        assert result.url or result.text
        assert len(result.type) <= 8
    cost = wire.cost(read)
    assert cost is None or cost >= 0
    seconds = wire.task_seconds(read)
    assert seconds is None or seconds > 0


@untimed
@given(st.binary(max_size=200))
def test_bytes_that_are_no_object_are_none(body: bytes) -> None:
    read = wire.read_json(body)
    assert read is None or isinstance(read, dict)


class Echo:
    """A server whose next answer the test chooses."""

    def __init__(self) -> None:
        self.answer = b""

    def __call__(self, connection: Connection) -> None:
        while connection.read_request():
            connection.send(http_answer(self.answer, close=False))


@pytest.fixture(scope="module")
def wired() -> Iterator[tuple[Echo, Provider]]:
    echo = Echo()
    with RawServer(echo) as server, client(server.url) as provider:
        yield echo, provider


@on_the_wire
@given(bodies)
def test_a_submit_ends_accepted_or_in_a_class_that_fits(
    wired: tuple[Echo, Provider], body: dict[str, object]
) -> None:
    """With a code and no id: a definite no. With neither: AMBIGUOUS."""
    echo, provider = wired
    echo.answer = json.dumps(body).encode()
    read = wire.read_json(echo.answer) or {}
    try:
        assert submit(provider).remote_task_id == wire.task_id(read) != ""
    except ProviderError as error:
        assert wire.task_id(read) == ""
        assert (error.error_class is ErrorClass.AMBIGUOUS) == (wire.error_code(read) == "")


@on_the_wire
@given(bodies)
def test_a_question_ends_in_a_task_or_a_provider_error(
    wired: tuple[Echo, Provider], body: dict[str, object]
) -> None:
    echo, provider = wired
    echo.answer = json.dumps(body).encode()
    try:
        task = provider.query("7")
    except ProviderError as error:
        assert error.error_class is not ErrorClass.AMBIGUOUS
    else:
        assert (task.error is not None) == (task.phase in ("failed", "cancelled"))

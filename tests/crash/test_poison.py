"""A picture that ends the program whenever it is decoded: a kill stands in for the decoder's own fault."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.crash.autopsy import examine
from tests.crash.server import Server
from tests.crash.starting import Starter
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until
from webapp.safety.failpoints import VARIABLE
from webapp.simulator import Simulator

pytestmark = pytest.mark.crash


def ended_by_decoder(server: Server) -> None:
    wait_until(lambda: server.program.ended)
    assert server.program.wait() == -signal.SIGKILL


def test_a_result_is_decoded_three_times_and_then_kept_as_it_is(
    begin: Starter, fresh: Simulator, tmp_path: Path
) -> None:
    armed = {VARIABLE: "decode.begun"}
    server = begin(**armed)
    with suppress(requests.ConnectionError):
        server.create(["fox"])
    ended_by_decoder(server)
    for _ in range(2):
        ended_by_decoder(begin(**armed))
        examine(tmp_path, fresh)
    server = begin(**armed)
    mission = server.ended(1)
    (result,) = mission["items"][0]["results"]
    assert (mission["status"], result["file_status"]) == ("completed", "saved")
    assert server.file_of(mission["items"][0])
    assert server.http.get(f"{server.program.url}/missions/1", timeout=30).status_code == 200
    server.kill()
    server = begin()
    assert server.ended(server.create(["owl", "hare"]))["completed_count"] == 2, "others go on"
    assert server.stop() == 0
    assert fresh.stats["accepted"] == 3
    examine(tmp_path, fresh)


def test_a_reference_image_takes_nothing_with_it(
    begin: Starter, fresh: Simulator, tmp_path: Path
) -> None:
    for _ in range(3):
        server = begin(**{VARIABLE: "reference.begun"})
        with pytest.raises(requests.ConnectionError):
            server.data("POST", "/api/upload-image", files={"file": ("a.png", png())})
        ended_by_decoder(server)
        examine(tmp_path, fresh)
    server = begin()
    assert server.ended(server.create(["fox"]))["completed_count"] == 1
    assert server.stop() == 0

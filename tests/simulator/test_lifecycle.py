"""Starting and stopping leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from webapp.simulator import Simulator, SimulatorConfig

IMAGE = "/openapi/v2/rhart-image-v1/text-to-image"
BODY = {"prompt": "a cat", "aspectRatio": "1:1"}
HEADERS = {"Authorization": "Bearer k"}


def test_stopping_leaves_no_thread_even_with_a_request_hanging() -> None:
    before = set(threading.enumerate())
    failures: list[BaseException] = []
    with Simulator() as sim:
        rule = sim.scenario("submit", "hang")
        submitting = threading.Thread(target=_submit, args=(sim.url, failures))
        submitting.start()
        _wait_until(lambda: rule.struck >= 1)
    submitting.join(timeout=30)

    assert isinstance(failures[0], requests.ConnectionError)
    assert set(threading.enumerate()) == before


def test_it_can_be_started_again_and_stopped_twice() -> None:
    sim = Simulator()
    for _ in range(2):
        sim.start()
        assert requests.get(sim.url, timeout=30).status_code == 200
        sim.stop()
        sim.stop()


def test_a_stopped_one_refuses_connections() -> None:
    with Simulator() as sim:
        url = sim.url

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)


def test_a_taken_port_is_an_error_at_start() -> None:
    with Simulator() as sim:
        port = int(sim.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Simulator(SimulatorConfig(port=port)).start()


def test_starting_twice_is_a_mistake() -> None:
    with Simulator() as sim, pytest.raises(RuntimeError):
        sim.start()


def test_ids_of_a_later_simulator_are_higher() -> None:
    ids = []
    for _ in range(2):
        with Simulator() as sim:
            ids.append(requests.post(sim.url + IMAGE, json=BODY, headers=HEADERS).json()["taskId"])

    assert ids[0] < ids[1]


def test_the_command_serves_until_it_is_terminated() -> None:
    command = [sys.executable, "-m", "webapp.simulator", "--port", "0"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert requests.get(url, timeout=30).status_code == 200
        process.terminate()
        assert process.wait(timeout=10) == 0


def _submit(url: str, failures: list[BaseException]) -> None:
    try:
        requests.post(url + IMAGE, json=BODY, headers=HEADERS, timeout=10)
    except requests.RequestException as failure:
        failures.append(failure)


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < deadline

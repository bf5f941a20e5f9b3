"""A simulator with a state folder goes on after a hard stop as if it had never stopped.

A hard stop is played by a copy of the folder: what is there at some moment is what a killed process
leaves. One test really kills a process.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.helpers.waiting import wait_until
from tests.simulator.conftest import EDIT, Caller, Receiver
from webapp.simulator import Simulator, SimulatorConfig


class World:
    """A clock and folders that outlive the simulators in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = 1000.0
        self._copies = 0
        self._running: list[Caller] = []

    def start(self, state_dir: Path | None = None, **settings: Any) -> Caller:
        """A simulator on `state_dir`, "state" unless said."""
        config = SimulatorConfig(
            clock=lambda: self.time, state_dir=state_dir or self.folder / "state", **settings
        )
        simulator = Simulator(config)
        simulator.start()
        caller = Caller(simulator)
        self._running.append(caller)
        return caller

    def left_by_a_kill(self) -> Path:
        """A copy of the folder as it is now."""
        self._copies += 1
        copy = self.folder / f"copy-{self._copies}"
        shutil.copytree(self.folder / "state", copy)
        return copy

    def journal(self, state_dir: Path) -> Path:
        return state_dir / "journal.jsonl"

    def close(self) -> None:
        for caller in self._running:
            caller.http.close()
            caller.sim.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_a_task_ends_when_it_would_have_ended(world: World) -> None:
    before = world.start(durations={"rhart-image-v1/text-to-image": (100, 100)})
    task_id = before.submit("a red fox")["taskId"]
    left = world.left_by_a_kill()
    world.time += 99
    after = world.start(left)
    assert after.query(task_id)["status"] == "RUNNING"
    world.time += 2
    assert after.query(task_id)["status"] == "SUCCESS"


def test_a_result_is_the_same_picture_as_before(world: World) -> None:
    before = world.start()
    answer = before.finished("a red fox")
    picture = before.get(answer["results"][0]["url"]).content
    after = world.start(world.left_by_a_kill())
    link = after.query(answer["taskId"])["results"][0]["url"]
    assert after.get(link).content == picture


def test_old_links_deliver_because_the_port_is_taken_again(world: World) -> None:
    before = world.start()
    link = before.finished()["results"][0]["url"]
    left = world.left_by_a_kill()
    before.sim.stop()
    after = world.start(left)
    assert after.sim.url == before.sim.url
    assert after.get(link).status_code == 200


def test_links_have_the_new_address_when_the_port_is_taken_by_another(world: World) -> None:
    before = world.start()
    task_id = before.finished()["taskId"]
    left = world.left_by_a_kill()
    second = world.start(left)
    assert second.sim.url != before.sim.url
    assert second.query(task_id)["results"][0]["url"].startswith(second.sim.url)
    third = world.start(_copied(left))
    assert third.query(task_id)["results"][0]["url"].startswith(third.sim.url)


def test_a_prompt_that_no_file_can_carry_is_remembered_all_the_same(world: World) -> None:
    before = world.start()
    task_id = before.submit("half \ud800 a pair")["taskId"]
    after = world.start(world.left_by_a_kill())
    assert [(one["task_id"], one["body"]["prompt"]) for one in after.sim.ledger] == [
        (task_id, "half ? a pair")
    ]


def test_a_torn_last_line_costs_only_that_task(world: World) -> None:
    before = world.start()
    whole, torn = (before.submit(prompt)["taskId"] for prompt in ("one", "two"))
    left = world.left_by_a_kill()
    text = world.journal(left).read_bytes()
    world.journal(left).write_bytes(text[:-20])
    after = world.start(left)
    assert after.query(whole)["status"] in ("QUEUED", "RUNNING")
    assert after.query(torn)["errorCode"] == "1004"
    later = after.submit("three")["taskId"]
    again = world.start(_copied(left))
    assert again.query(later)["errorCode"] == ""
    assert again.query(whole)["errorCode"] == ""


def _copied(folder: Path) -> Path:
    return Path(shutil.copytree(folder, folder.with_name(folder.name + "-again")))


@pytest.mark.parametrize(
    "line", ['{"task_id": "1"}', '{"upload": "../../key"}', '{"url": "http://x:y"}', "[]", "\0"]
)
def test_a_line_that_makes_no_sense_is_passed_over(world: World, line: str) -> None:
    task_id = world.start().submit()["taskId"]
    left = world.left_by_a_kill()
    with world.journal(left).open("a") as file:
        file.write(line + "\n")
    assert world.start(left).query(task_id)["errorCode"] == ""


def test_an_upload_is_there_again_and_a_waiting_task_can_use_it(
    world: World, red_png: bytes
) -> None:
    before = world.start()
    upload = before.upload(red_png)["data"]["download_url"]
    left = world.left_by_a_kill()
    before.sim.stop()
    after = world.start(left)
    assert after.get(upload).content == red_png
    answer = after.finished(endpoint=EDIT, imageUrls=[upload])
    assert answer["status"] == "SUCCESS"


def test_expired_uploads_are_removed_from_the_disk(world: World, red_png: bytes) -> None:
    world.start(link_hours=1).upload(red_png)
    left = world.left_by_a_kill()
    assert len(list((left / "uploads").iterdir())) == 1
    world.time += 2 * 3600
    world.start(left)
    assert list((left / "uploads").iterdir()) == []


def test_tasks_older_than_two_days_are_forgotten(world: World) -> None:
    before = world.start()
    old = before.submit()["taskId"]
    world.time += 47 * 3600
    young = before.submit()["taskId"]
    world.time += 2 * 3600
    left = world.left_by_a_kill()
    after = world.start(left)
    assert after.query(old)["errorCode"] == "1004"
    assert after.query(young)["status"] == "SUCCESS"
    assert old not in world.journal(left).read_text()


def test_money_and_places_stay_taken(world: World) -> None:
    before = world.start(concurrency=2)
    before.submit("good")
    before.submit("bad [fail:1501]")
    after = world.start(world.left_by_a_kill(), concurrency=2)
    assert after.submit()["errorCode"] == "421"
    assert after.sim.stats["balance"] == before.sim.stats["balance"]
    after.sim.finish_all()
    before.sim.finish_all()
    assert after.sim.stats["balance"] == before.sim.stats["balance"] == "999.95"


def test_ids_go_on_upwards_though_the_wall_clock_was_set_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.start().submit()["taskId"]
    monkeypatch.setattr("webapp.simulator.ids.time.time", lambda: 1_600_000_000.0)
    second = world.start(world.left_by_a_kill()).submit()["taskId"]
    assert int(second) > int(first)


def test_time_that_was_pushed_stays_pushed(world: World) -> None:
    before = world.start()
    never, plain = (before.submit(prompt)["taskId"] for prompt in ("one [never]", "two"))
    before.sim.advance(3600)
    after = world.start(world.left_by_a_kill())
    assert after.query(plain)["status"] == "SUCCESS"
    assert after.query(never)["status"] == "RUNNING"
    after.sim.finish_all()
    left = _copied(world.folder / "copy-1")
    assert world.start(left).query(never)["status"] == "SUCCESS"


def test_a_reset_is_remembered_too(world: World, red_png: bytes) -> None:
    before = world.start()
    task_id = before.submit()["taskId"]
    before.upload(red_png)
    before.sim.reset()
    left = world.left_by_a_kill()
    after = world.start(left)
    assert after.query(task_id)["errorCode"] == "1004"
    assert list((left / "uploads").iterdir()) == []


def test_a_webhook_is_called_by_the_simulator_after(world: World, receiver: Receiver) -> None:
    before = world.start()
    task_id = before.submit(webhookUrl=receiver.url)["taskId"]
    left = world.left_by_a_kill()
    before.sim.stop()
    after = world.start(left)
    after.sim.finish_all()
    assert receiver.next()["taskId"] == task_id


def test_starting_the_same_simulator_again_counts_nothing_twice(world: World) -> None:
    caller = world.start()
    task_id = caller.submit()["taskId"]
    balance = caller.sim.stats["balance"]
    caller.sim.stop()
    caller.sim.start()
    assert caller.sim.stats["balance"] == balance
    assert [entry["task_id"] for entry in caller.sim.ledger] == [task_id]


def test_a_second_simulator_on_the_same_folder_remembers_nothing(world: World) -> None:
    first = world.start()
    task_id = first.submit()["taskId"]
    second = world.start()
    assert second.query(task_id)["errorCode"] == "1004"
    unheard = second.submit()["taskId"]
    third = world.start(world.left_by_a_kill())
    assert third.query(task_id)["errorCode"] == ""
    assert third.query(unheard)["errorCode"] == "1004"


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Simulator(SimulatorConfig()) as simulator:
        caller = Caller(simulator)
        caller.submit()
        caller.http.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.crash
def test_a_killed_process_is_followed_by_one_that_finishes_its_tasks(tmp_path: Path) -> None:
    first, url = _process(tmp_path)
    task_id = _submit(url)
    first.kill()
    first.wait()
    second, url_after = _process(tmp_path)
    try:
        assert url_after == url
        answer = wait_until(lambda: _ended(url_after, task_id))
        assert _called("GET", answer["results"][0]["url"]).content
    finally:
        second.kill()
        second.wait()


def _process(folder: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "webapp.simulator", "--port", "0", "--speed", "20"]
    process = subprocess.Popen(
        [*command, "--state-dir", str(folder / "state")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    return process, line.split()[-1]


def _submit(url: str) -> str:
    body = {"prompt": "a red fox", "aspectRatio": "1:1"}
    answer = _called("POST", f"{url}/openapi/v2/rhart-image-v1/text-to-image", body)
    return str(answer.json()["taskId"])


def _ended(url: str, task_id: str) -> Any:
    answer = _called("POST", f"{url}/openapi/v2/query", {"taskId": task_id}).json()
    return answer if answer["status"] == "SUCCESS" else None


def _called(method: str, url: str, body: object = None) -> Any:
    with requests.Session() as http:
        http.trust_env = False
        answer = http.request(
            method, url, json=body, headers={"Authorization": "Bearer key"}, timeout=10
        )
    assert answer.status_code == 200
    return answer

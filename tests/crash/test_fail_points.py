"""The program ends by SIGKILL at every named moment, and everything is as it must be afterwards."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.crash.autopsy import examine
from tests.crash.conftest import Start
from tests.crash.server import PATH, Server
from tests.crash.settling import finish_everything
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until
from webapp.db import close_idle, database, open_database
from webapp.models import Attempt
from webapp.safety import failpoints
from webapp.safety.failpoints import POINTS, VARIABLE
from webapp.safety.receipts import Receipt, Receipts, receipts_path
from webapp.settings import load_settings
from webapp.simulator import Simulator
from webapp.states import AttemptState

pytestmark = pytest.mark.crash

FUTURE = "2099-01-01 00:00:00"
ROOT = Path(failpoints.__file__).parents[1]


class World:
    """What a deed needs: the program, RunningHub, the folder, and a word that no other deed uses."""

    def __init__(self, begin: Start, service: Simulator, folder: Path) -> None:
        self.begin = begin
        self.service = service
        self.folder = folder
        self.word = ""
        self.server: Server
        self.missions: list[int] = []
        self.confirmed: Counter[str] = Counter()

    def start(self, point: str = "") -> None:
        self.server = self.begin(**({VARIABLE: point} if point else {}))

    def create(self, *prompts: str, **changes: Any) -> int:
        """A mission; each prompt begins with the deed's own word."""
        batch = [f"{self.word} {prompt}".strip() for prompt in prompts]
        self.missions.append(self.server.create(batch, **changes))
        return self.missions[-1]

    def when(self, mission_id: int, state: str) -> None:
        wait_until(lambda: self.server.mission(mission_id)["items"][0]["status"] == state)

    def post(self, mission_id: int, action: str, **body: Any) -> None:
        self.server.data("POST", f"{PATH}/{mission_id}/{action}", **body)

    def rule(self, on: str, fault: str, **details: Any) -> None:
        self.service.scenario(on, fault, **({"times": 1, "match": self.word} | details))


Deed = Callable[[World], object]


def make_one(world: World) -> None:
    world.create("fox")


def make_an_endless_one(world: World) -> None:
    """Every question finds it running, however late it comes."""
    world.create("fox [never]")


def make_an_edit(world: World) -> None:
    found = world.server.data(
        "POST", "/api/upload-image", files={"file": ("a.png", png(32, _colour(world.word)))}
    )
    config = {"prompt": f"{world.word} blue", "batch_input": [found["url"]]}
    body = {"name": "Edit", "task_type": "image_to_image", "config": config}
    made = world.server.data("POST", PATH, json=body)
    world.missions.append(int(made["api_mission_id"]))


def _colour(word: str) -> str:
    return f"#{abs(hash(word)) % 0x1000000:06x}"


def refused(world: World) -> None:
    world.create("fox [refuse:1501]")


def full(world: World) -> None:
    world.rule("submit", "refuse", code="421")
    world.create("fox")


def lost(world: World) -> int:
    world.rule("submit", "reset", accept=True)
    return world.create("fox")


def failing(world: World) -> int:
    return world.create("fox [fail:1501]")


def cancelled_there(world: World) -> None:
    world.rule("submit", "cancel")
    world.create("fox")


def scheduled(world: World) -> int:
    return world.create("fox", "owl", scheduled_at=FUTURE)


def pause(world: World) -> None:
    world.post(scheduled(world), "pause")


def resume(world: World) -> None:
    mission_id = scheduled(world)
    world.post(mission_id, "pause")
    world.post(mission_id, "resume")


def cancel(world: World) -> None:
    world.post(scheduled(world), "cancel")


def delete(world: World) -> None:
    mission_id = scheduled(world)
    world.missions.remove(mission_id)
    world.server.data("DELETE", f"{PATH}/{mission_id}")


def cancel_item(world: World) -> None:
    mission_id = scheduled(world)
    world.post(mission_id, "items/1/cancel")


def retry(world: World) -> None:
    mission_id = world.create("fox [refuse:1501]")
    world.when(mission_id, "failed")
    world.post(mission_id, "items/1/retry")


def attach(world: World) -> None:
    mission_id = lost(world)
    world.when(mission_id, "unknown")
    task_id = next(e["task_id"] for e in world.service.ledger if world.word in str(e["body"]))
    world.server.resolve(mission_id, 1, action="attach", runninghub_task_id=task_id)


def give_up(world: World) -> None:
    mission_id = lost(world)
    world.when(mission_id, "unknown")
    world.server.resolve(mission_id, 1, action="fail")


def file_fails(world: World) -> None:
    world.rule("download", "http", status=500)
    world.create("fox")


def file_link_is_dead(world: World) -> None:
    gone = f"{world.service.url}/files/output/0/0.png"
    world.rule("query", "result_url", url=gone, match="", times=None)
    mission_id = world.create("fox")
    world.when(mission_id, "completed")
    world.service.clear_scenario()


def fetch_again(world: World) -> None:
    world.rule("submit", "result_url", url="http://169.254.169.254/a.png")
    mission_id = world.create("fox")
    wait_until(lambda: world.server.mission(mission_id)["files_failed"] == 1)
    world.server.http.post(f"{world.server.program.url}/missions/{mission_id}/refetch", timeout=30)


def stop(world: World) -> None:
    world.server.program.send(signal.SIGTERM)


def nothing(world: World) -> None:
    """It is reached by the start itself."""


# What has to be there before a start that is to end at its moment.


def something_in_flight(world: World) -> None:
    world.create("fox [never]")
    wait_until(lambda: any(world.word in str(entry["body"]) for entry in world.service.ledger))
    world.server.kill()


def something_deleted_long_ago(world: World) -> None:
    mission_id = world.create("fox")
    world.server.ended(mission_id)
    assert list((world.folder / "data" / "uploads" / "results").glob(f"{mission_id}_*"))
    world.missions.remove(mission_id)
    world.server.data("DELETE", f"{PATH}/{mission_id}")
    world.server.kill()
    open_database(load_settings(_env_file=None, data_dir=world.folder / "data"))
    with database.connection_context():
        database.execute_sql(
            "UPDATE api_missions SET deleted_at = '2020-01-01 00:00:00' WHERE id = ?",
            (mission_id,),
        )
    close_idle()


def a_receipt(world: World) -> None:
    """The program ended after an answer that only its file of receipts had."""
    world.server.kill()
    world.start("submit.answered")
    with suppress(requests.ConnectionError):
        world.create("fox [never]")
    world.server.program.wait()
    settings = load_settings(_env_file=None, data_dir=world.folder / "data")
    open_database(settings)
    with database.connection_context():
        (attempt,) = Attempt.select().where(Attempt.state == AttemptState.SUBMITTING)
    close_idle()
    task_id = next(e["task_id"] for e in world.service.ledger if world.word in str(e["body"]))
    Receipts(receipts_path(settings)).keep(Receipt(attempt.id, attempt.boot_id, task_id, ""))


BEFORE: dict[str, Deed] = {
    "take_receipt": a_receipt,
    "recover": something_in_flight,
    "purge": something_deleted_long_ago,
}
DEEDS: dict[str, Deed] = {
    "create": make_one,
    "claim": make_one,
    "submit": make_one,
    "accepted": make_one,
    "question": make_one,
    "set_phase": make_an_endless_one,
    "succeed": make_one,
    "download": make_one,
    "decoding": make_one,
    "decode": make_one,
    "file_saved": make_one,
    "reference": make_an_edit,
    "add_image": make_an_edit,
    "upload": make_an_edit,
    "save_link": make_an_edit,
    "begin_submit": make_an_edit,
    "give_back": full,
    "refuse": refused,
    "become_unknown": lost,
    "fail": failing,
    "cancelled_remotely": cancelled_there,
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "delete": delete,
    "cancel_item": cancel_item,
    "retry": retry,
    "attach": attach,
    "abandon": give_up,
    "file_failed": file_fails,
    "link_renewed": file_link_is_dead,
    "retry_files": fetch_again,
    "recover": nothing,
    "take_receipt": nothing,
    "purge": nothing,
    "stop": stop,
}
LIVES = 6
"""Each is one folder on which the program dies at every sixth moment, one after the other."""


def points_in_source() -> Iterator[str]:
    for path in ROOT.rglob("*.py"):
        source = path.read_text("utf-8")
        yield from re.findall(r'reached\("([a-z_.]+)"\)', source)
        for step in re.findall(r'writing\(\s*"([a-z_]+)"', source):
            yield from (f"{step}.commits", f"{step}.committed")


def test_every_moment_has_a_name_and_a_deed() -> None:
    assert sorted(set(points_in_source())) == sorted(POINTS)
    assert {point.partition(".")[0] for point in POINTS} == set(DEEDS)


def test_a_moment_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no such moment"):
        failpoints.arm("claim.someday")


@pytest.mark.parametrize("life", range(LIVES))
def test_killed_at_every_moment(begin: Start, fresh: Simulator, tmp_path: Path, life: int) -> None:
    world = World(begin, fresh, tmp_path)
    for point in POINTS[life::LIVES]:
        die_at(world, point)
        examine(tmp_path, fresh)
    fresh.finish_all()
    world.start()
    finish_everything(world.server, fresh, world.missions)
    assert world.server.stop() == 0
    examine(tmp_path, fresh, killed=False)


def die_at(world: World, point: str) -> None:
    world.word = point
    before = BEFORE.get(point.partition(".")[0])
    if before is not None:
        world.start()
        before(world)
    world.start(point)
    # It answers nobody any more, and maybe never did.
    with suppress(requests.ConnectionError):
        if not world.server.program.ended:
            DEEDS[point.partition(".")[0]](world)
    wait_until(lambda: world.server.program.ended, tell=lambda: point)
    assert world.server.program.wait() == -signal.SIGKILL, world.server.program.log
    assert world.server.program.log[-1] == f"ended at {point}"

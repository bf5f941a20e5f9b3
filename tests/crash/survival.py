"""A long life with many deaths: missions of all kinds, faults of RunningHub among them, and a kill at
a random moment again and again. What it comes to is a table of figures, most of which must be 0."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.autopsy import examine
from tests.crash.outside import Outside
from tests.crash.server import Server
from tests.crash.settling import settle
from tests.crash.starting import Starter
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until

SUBMIT_CONCURRENCY = 8
MISSIONS = 5
RUN_S = 600
LOST = "[lost]"
"""RunningHub accepts what has this word, and never says so."""

ENDS = {"[fail:1501]": "failed", "[refuse:1505]": "failed"}
"""How an item ends whose prompt has this word; all others are completed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a life came to."""

    kills: int
    items: int
    paid_twice: int
    lost: list[str]  #: items that did not end as they should have
    unknown: int  #: items that a person had to decide about
    lost_answers: int  #: of them, those whose answer RunningHub withheld
    seconds: float

    def told(self) -> str:
        return (
            f"{self.kills} kills, {self.items} items: paid twice {self.paid_twice}, lost {len(self.lost)}, "
            f"unknown {self.unknown} ({self.lost_answers} by withheld answers), "
            f"{self.seconds:.0f} s; after every kill all invariants held"
        )


def kill(server: Server) -> None:
    server.kill()


def kill_while_stopping(server: Server) -> None:
    """Somebody has no patience."""
    server.program.send(signal.SIGTERM)
    server.kill()


def two_signals(server: Server) -> None:
    """Ctrl+C twice."""
    server.program.send(signal.SIGINT)
    server.program.send(signal.SIGINT)
    server.kill()


WAYS: tuple[Callable[[Server], None], ...] = (kill, kill_while_stopping, two_signals)


def survive(
    start: Starter, outside: Outside, folder: Path, *, kills: int, items: int, seed: int
) -> Figures:
    """Live through it. Raises AssertionError as soon as an invariant does not hold."""
    begun = time.monotonic()
    rng = random.Random(seed)
    outside.scenario(on="submit", fault="reset", accept=True, match=LOST)
    outside.scenario(on="submit", fault="delay", seconds=0.03)
    server = start()
    missions = make_missions(server, items, rng)
    moments = sorted(rng.sample(range(1, items * 9 // 10), kills))
    for number, accepted in enumerate(moments):
        wait_until(lambda: outside.accepted >= accepted, deadline_s=RUN_S)  # noqa: B023
        threading.Event().wait(rng.uniform(0, 0.1))
        WAYS[number % len(WAYS)](server)
        examine(folder, outside)
        server = start()
    return _end(server, outside, folder, missions, kills, begun)


def make_missions(server: Server, items: int, rng: random.Random) -> list[int]:
    """Several at once, one with reference images; a few items of each end badly."""
    urls = [
        server.data("POST", "/api/upload-image", files={"file": ("a.png", png(32, colour))})["url"]
        for colour in ("red", "green", "blue", "black")
    ]
    made = []
    for mission in range(MISSIONS):
        prompts = [_prompt(f"{mission}-{n}", n, rng) for n in range(items // MISSIONS)]
        if mission:
            made.append(server.create(prompts, failure_threshold=1))
        else:
            batch = [
                {"prompt": prompt, "imageUrls": [urls[n % len(urls)]]}
                for n, prompt in enumerate(prompts)
            ]
            made.append(server.create(batch, task_type="image_to_image", failure_threshold=1))
    return made


def _prompt(name: str, number: int, rng: random.Random) -> str:
    words = ["[many]", "[slow]", "[text]", LOST, *ENDS]
    word = rng.choice(words) if number % 12 == 11 else ""
    return f"fox {name} {word}".strip()


def _end(
    server: Server, outside: Outside, folder: Path, missions: list[int], kills: int, begun: float
) -> Figures:
    """Decide what a person has to decide, let everything end, and count."""
    unknown, withheld = 0, 0
    for mission_id in missions:
        # Twice for an item that never arrived, is sent again, and whose answer is then withheld.
        while marked := _unknown(mission := server.ended(mission_id)):
            withheld += sum(LOST in item["input_params"]["prompt"] for item in marked)
            unknown += settle(server, outside, mission)
    items = []
    for mission_id in missions:
        items += server.ended(mission_id)["items"]
    assert server.stop() == 0
    examine(folder, outside, killed=False)
    return Figures(
        kills=kills,
        items=len(items),
        paid_twice=len(outside.paid_twice()),
        lost=[_told(item) for item in items if not _as_planned(item)],
        unknown=unknown,
        lost_answers=withheld,
        seconds=time.monotonic() - begun,
    )


def _unknown(mission: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in mission["items"] if item["status"] == "unknown"]


def _as_planned(item: dict[str, Any]) -> bool:
    prompt = item["input_params"]["prompt"]
    wanted = next((end for word, end in ENDS.items() if word in prompt), "completed")
    return bool(item["status"] == wanted)


def _told(item: dict[str, Any]) -> str:
    fields = ("item_index", "status", "error_code", "error_message", "attempts")
    return ", ".join(f"{name} {item[name]}" for name in fields)


def counted(figures: Figures) -> None:
    """What must be so, however long the life was."""
    assert figures.paid_twice == 0, figures.told()
    assert figures.lost == [], figures.told()
    assert figures.unknown - figures.lost_answers <= SUBMIT_CONCURRENCY * figures.kills

"""What one writes first: a pool of threads, each of which submits a task and asks every five seconds
until it is done. Nothing is stored, nothing downloaded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from benchmarks.processes import CannotRun, Process
from benchmarks.provider import ENDPOINT

POLL_S = 5.0
_TIMEOUT_S = 30


class PlainPool:
    """`slots` threads and one shared session of the client library that the app uses too."""

    def __init__(self, simulator: Process, slots: int) -> None:
        self._url = f"{simulator.url}/openapi/v2"
        self._slots = slots
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = "Bearer plain-pool"
        self._http.mount("http://", HTTPAdapter(pool_maxsize=slots))

    def run(self, prompts: Sequence[str]) -> float:
        """Make all of them; returns the seconds until the last one is known to have ended."""
        started = time.perf_counter()
        with self._http, ThreadPoolExecutor(self._slots) as pool:
            list(pool.map(self._make, prompts))
        return time.perf_counter() - started

    def _make(self, prompt: str) -> None:
        task_id = self._post(ENDPOINT, {"prompt": prompt, "aspectRatio": "3:4"})["taskId"]
        while True:
            time.sleep(POLL_S)
            status = self._post("query", {"taskId": task_id})["status"]
            if status == "SUCCESS":
                return
            if status not in ("QUEUED", "RUNNING"):
                raise CannotRun(f"a task of the plain pool ended as {status}")

    def _post(self, path: str, body: dict[str, str]) -> dict[str, str]:
        answer = self._http.post(f"{self._url}/{path}", json=body, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        data: dict[str, str] = answer.json()
        return data

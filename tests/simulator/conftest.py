"""One simulator for the whole folder, on a clock that stands still until a test moves it."""

from __future__ import annotations

import io
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from PIL import Image

from webapp.simulator import Simulator, SimulatorConfig

IMAGE = "rhart-image-v1/text-to-image"
EDIT = "rhart-image-v1/edit"
VIDEO = "rhart-video-s/text-to-video"
IMAGE_TO_VIDEO = "rhart-video-s/image-to-video"


class Caller:
    """A client that knows nothing but the wire."""

    def __init__(self, sim: Simulator, key: str = "key-of-alice") -> None:
        self.sim = sim
        self.key = key
        self.base = f"{sim.url}/openapi/v2"
        self.http = requests.Session()
        self.http.trust_env = False

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def post(self, path: str, body: object, timeout: float = 5.0) -> requests.Response:
        url = f"{self.base}/{path}"
        return self.http.post(url, json=body, headers=self.headers, timeout=timeout)

    def get(self, url: str, timeout: float = 5.0, **options: Any) -> requests.Response:
        return self.http.get(url, headers=self.headers, timeout=timeout, **options)

    def submit(self, prompt: str = "a cat", endpoint: str = IMAGE, **fields: Any) -> Any:
        """The answer to a submit that is right but for what `fields` say."""
        body: dict[str, Any] = {"prompt": prompt, "aspectRatio": "1:1"}
        if "video" in endpoint:
            body["duration"] = "10"
        return self.post(endpoint, {**body, **fields}).json()

    def query(self, task_id: str) -> Any:
        return self.post("query", {"taskId": task_id}).json()

    def finished(self, *submit: Any, **fields: Any) -> Any:
        """The query answer at the end of a new task."""
        task_id = self.submit(*submit, **fields)["taskId"]
        self.sim.finish_all()
        return self.query(task_id)

    def result(self, *submit: Any, **fields: Any) -> bytes:
        """The bytes of the first result of a new task."""
        answer = self.finished(*submit, **fields)
        response = self.get(answer["results"][0]["url"])
        assert response.status_code == 200
        return response.content

    def upload(self, data: bytes, name: str = "photo.png", mime: str = "image/png") -> Any:
        url = f"{self.base}/media/upload/binary"
        files = {"file": (name, data, mime)}
        return self.http.post(url, files=files, headers=self.headers, timeout=30).json()


class Receiver:
    """A webhook receiver; `answers` are the statuses of its next answers, then 200."""

    def __init__(self) -> None:
        self.bodies: queue.Queue[Any] = queue.Queue()
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = outer.answers.pop(0) if outer.answers else 200
                # Before the answer: who called has called when it is answered.
                outer.bodies.put(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Tests are quiet."""

        return Handler

    def next(self) -> Any:
        return self.bodies.get(timeout=60)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(clock=lambda: 1000.0, seed=7)) as simulator:
        yield simulator


@pytest.fixture
def sim(shared_simulator: Simulator) -> Iterator[Simulator]:
    """The shared simulator, with nothing left of the test before."""
    config = shared_simulator.world.config
    shared_simulator.reset()
    yield shared_simulator
    shared_simulator.world.config = config


@pytest.fixture
def caller(sim: Simulator) -> Iterator[Caller]:
    caller = Caller(sim)
    yield caller
    caller.http.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def red_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), (230, 20, 20)).save(buffer, "PNG")
    return buffer.getvalue()

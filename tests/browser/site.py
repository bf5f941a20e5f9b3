"""What a test knows about the app without a browser: the JSON interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from tests.helpers.waiting import wait_until

_TIMEOUT_S = 20


class Site:
    """The app at `url`. Missions are made through JSON where a test is not about making them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The `data` of a call that must work."""
        answer = self._http.request(method, self.url + path, timeout=_TIMEOUT_S, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def upload(self, image: bytes) -> str:
        """A reference image; returns its address."""
        files = {"file": ("image.png", image, "image/png")}
        return str(self.call("POST", "/api/upload-image", files=files)["url"])

    def mission(
        self, name: str, prompts: Sequence[object], *, type: str = "text_to_image", **more: object
    ) -> int:
        """A new mission; returns its id."""
        body = {"name": name, "task_type": type, "config": {"batch_input": list(prompts)}, **more}
        return int(self.call("POST", "/api/api-missions", json=body)["api_mission_id"])

    def show(self, mission_id: int) -> Any:
        """The mission with its items."""
        return self.call("GET", f"/api/api-missions/{mission_id}")

    def named(self, name: str) -> list[Any]:
        """The missions with this in their name or prompts."""
        found = self.call("GET", "/api/api-missions", params={"q": name, "page_size": 100})
        return list(found["items"])

    def wait_for(self, mission_id: int, **counts: int) -> Any:
        """Wait until so many items are in these states; returns the mission."""

        def look() -> Any:
            mission = self.show(mission_id)
            fits = all(mission["counts"][state] == n for state, n in counts.items())
            return mission if fits else None

        return wait_until(look)

    def ended(self, mission_id: int) -> Any:
        """Wait until nothing of a mission moves any more; returns it."""

        def look() -> Any:
            mission = self.show(mission_id)
            counts = mission["counts"]
            moving = counts["pending"] + counts["processing"] + mission["files_pending"]
            return None if moving else mission

        return wait_until(look)

    def finished(self, name: str, prompts: Sequence[object], **more: Any) -> int:
        """A mission in which nothing moves any more; returns its id."""
        mission_id = self.mission(name, prompts, **more)
        self.ended(mission_id)
        return mission_id

"""GET /api/task-types, /api/queue and /health"""

from __future__ import annotations

import webapp
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from webapp.task_types import TASK_TYPES

LATER = "2099-01-01 00:00:00"


def test_the_catalogue_is_enough_to_build_a_form(live_app: LiveApp) -> None:
    items = live_app.data("GET", "/api/task-types")["items"]
    assert [item["name"] for item in items] == list(TASK_TYPES)
    by_name = {item["name"]: item for item in items}
    edit = by_name["image_to_image"]
    assert (edit["price"], edit["currency"], edit["batch_field"]) == (0.05, "CNY", "imageUrls")
    fields = {field["name"]: field for field in edit["fields"]}
    assert fields["prompt"]["max_length"] == 20_000
    assert fields["prompt"]["required"] is True
    assert (fields["imageUrls"]["max_items"], fields["imageUrls"]["max_mb"]) == (5, 10)
    assert fields["aspectRatio"]["default"] == "auto"
    assert "21:9" in fields["aspectRatio"]["choices"]
    video = {field["name"]: field for field in by_name["text_to_video"]["fields"]}
    assert video["duration"]["choices"] == ["10", "15"]
    assert all(field["label"] and field["kind"] for item in items for field in item["fields"])


def test_the_catalogue_speaks_the_readers_language(live_app: LiveApp) -> None:
    headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    items = live_app.data("GET", "/api/task-types", headers=headers)["items"]
    assert items[0]["label"] == "文生图"


def test_the_queue_says_how_busy_we_are(live_app: LiveApp) -> None:
    mission_id = live_app.create()
    live_app.data("POST", f"/api/api-missions/{mission_id}/pause")
    queue = live_app.data("GET", "/api/queue")
    assert queue["slots"] == 50
    assert queue["limit"] <= 50
    assert queue["manager"] is True
    assert set(queue) >= {"busy", "waiting", "per_minute", "unknown", "oldest_waiting_at"}


def test_health(live_app: LiveApp) -> None:
    answer = live_app.get("/health")
    assert answer.status_code == 200
    found = answer.json()
    assert found.pop("free_bytes") > 0
    assert found.pop("waiting") >= 0
    assert set(found.pop("attention")) <= {"unknown", "disk_low"}
    assert found.pop("unknown") >= 0
    assert found == {
        "status": "ok",
        "database": "ok",
        "trouble": None,
        "manager": "running",
        "restored": False,
        "simulated": False,
        "version": webapp.__version__,
    }


def test_health_is_503_when_the_database_does_not_answer(start_app: StartApp) -> None:
    app = start_app()
    path = app.settings.sqlite_path()
    assert path is not None
    good = path.read_bytes()
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    path.write_bytes(b"this is no database" * 100)
    answer = app.get("/health")
    path.write_bytes(good)
    assert answer.status_code == 503
    assert answer.json()["status"] == answer.json()["database"] == "error"

"""A mission whose images cannot be sent is refused before anything is made or paid for."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.helpers.live import LiveApp


def upload(app: LiveApp, size: tuple[int, int] = (64, 64), form: str = "PNG") -> str:
    file = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(file, form)
    file.seek(0)
    answer = app.post("/api/upload-image", files={"file": ("cat.png", file, "image/png")})
    return str(answer.json()["data"]["filename"])


def post(app: LiveApp, *entries: Any) -> Any:
    return app.post(
        "/api/api-missions",
        json={
            "name": "Cats",
            "task_type": "image_to_image",
            "config": {"prompt": "as a lion", "batch_input": list(entries)},
        },
    )


def test_an_image_that_is_not_here_is_named_with_its_row(live_app: LiveApp) -> None:
    here, gone = upload(live_app), f"{'0' * 32}.png"
    answer = post(live_app, f"/api/images/{here}", f"/api/images/{gone}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "config.batch_input[1].imageUrls"
    assert gone in answer.json()["message"] and "Row 2" in answer.json()["message"]
    assert live_app.get("/api/api-missions").json()["data"]["total"] == 0


def test_an_image_that_is_too_large_for_the_type_is_refused_with_both_sizes(
    live_app: LiveApp,
) -> None:
    large = upload(live_app, (2400, 2400))
    answer = post(live_app, f"/api/images/{large}")
    assert answer.status_code == 422
    assert "at most 10 MB" in answer.json()["message"]


def test_a_photo_that_fits_is_not_refused_for_what_became_of_it(live_app: LiveApp) -> None:
    """A WebP was stored as a PNG five times its size, and refused for that."""
    fits = upload(live_app, (2400, 2400), "WEBP")
    answer = post(live_app, f"/api/images/{fits}")
    assert answer.status_code == 200, answer.text


def test_images_of_ours_and_of_others_are_taken(live_app: LiveApp) -> None:
    here = upload(live_app)
    answer = post(live_app, f"/api/images/{here}", "https://example.com/cat.png")
    assert answer.status_code == 200

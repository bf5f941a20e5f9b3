"""The four standard models and what they check before they accept (protocol.md §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

IMAGE_RATIOS = (
    *("auto", "1:1", "16:9", "9:16", "4:3", "3:4"),
    *("3:2", "2:3", "5:4", "4:5", "21:9"),
)
VIDEO_RATIOS = ("9:16", "16:9", "1:1")


@dataclass(frozen=True, slots=True)
class Model:
    """One endpoint under /openapi/v2."""

    endpoint: str
    makes: str  #: "image" or "video"
    max_prompt: int
    ratios: tuple[str, ...]
    seconds: tuple[float, float]  #: how long a task takes at speed 1
    price: Decimal
    durations: tuple[str, ...] = ()  #: the `duration` strings; empty: it takes none
    image_list_max: int = 0  #: `imageUrls` takes 1 to this many
    single_image: bool = False  #: `imageUrl` takes exactly one

    def problem(self, body: Mapping[str, Any]) -> str:
        """Name the first bad parameter, or return an empty string; unknown fields are fine."""
        return (
            self._prompt_problem(body.get("prompt"))
            or _choice_problem("aspectRatio", body.get("aspectRatio"), self.ratios)
            or (_choice_problem("duration", body.get("duration"), self.durations))
            or self._images_problem(body)
            or _optional_problem(body)
        )

    def _prompt_problem(self, prompt: object) -> str:
        if not isinstance(prompt, str) or not prompt.strip():
            return "prompt is required and must be a string"
        if len(prompt) > self.max_prompt:
            return f"prompt must not be longer than {self.max_prompt} characters"
        return ""

    def _images_problem(self, body: Mapping[str, Any]) -> str:
        if self.single_image:
            return _url_problem("imageUrl", body.get("imageUrl"))
        if not self.image_list_max:
            return ""
        urls = body.get("imageUrls")
        if not isinstance(urls, list) or not 1 <= len(urls) <= self.image_list_max:
            return f"imageUrls must be a list of 1 to {self.image_list_max} URLs"
        return next(filter(None, (_url_problem("imageUrls", url) for url in urls)), "")


def _choice_problem(name: str, value: object, choices: tuple[str, ...]) -> str:
    if not choices:
        return ""
    # A number is refused on purpose: LIST values always travel as strings, even "10".
    if not isinstance(value, str) or value not in choices:
        return f"{name} must be one of {', '.join(choices)}"
    return ""


def _url_problem(name: str, value: object) -> str:
    if not isinstance(value, str):
        return f"{name} must be a URL string"
    if not value.startswith(("http://", "https://", "data:image/")):
        return f"{name} must be a public URL or a data URI"
    return ""


def _optional_problem(body: Mapping[str, Any]) -> str:
    if not isinstance(body.get("storyboard", False), bool):
        return "storyboard must be a boolean"
    if not isinstance(body.get("webhookUrl") or "", str):
        return "webhookUrl must be a string"
    return ""


_IMAGE = (10.0, 40.0)
_VIDEO = (90.0, 300.0)
_CHEAP = Decimal("0.05")
_DEAR = Decimal("1.0")

MODELS: Mapping[str, Model] = {
    model.endpoint: model
    for model in (
        Model("rhart-image-v1/text-to-image", "image", 20000, IMAGE_RATIOS, _IMAGE, _CHEAP),
        Model(
            *("rhart-image-v1/edit", "image", 20000, IMAGE_RATIOS, _IMAGE, _CHEAP),
            image_list_max=5,
        ),
        Model(
            *("rhart-video-s/text-to-video", "video", 4000, VIDEO_RATIOS, _VIDEO, _DEAR),
            durations=("10", "15"),
        ),
        Model(
            *("rhart-video-s/image-to-video", "video", 4000, VIDEO_RATIOS, _VIDEO, _DEAR),
            durations=("10", "15"),
            single_image=True,
        ),
    )
}

"""The four standard models and what they check before they accept (protocol.md §3), and one more that the
examples of RunningHub's own developer kit call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    image_mb: int = 0  #: the largest picture
    prices: Mapping[str, Decimal] = field(default_factory=dict)  #: by `resolution`, if it takes one
    optional: frozenset[str] = frozenset()  #: choices that may be left out

    def problem(self, body: Mapping[str, Any]) -> str:
        """Name the first bad parameter, or return an empty string; unknown fields are fine."""
        choices = (
            self._choice_problem(body, "aspectRatio", self.ratios),
            self._choice_problem(body, "duration", self.durations),
            self._choice_problem(body, "resolution", tuple(self.prices)),
        )
        return (
            self._prompt_problem(body.get("prompt"))
            or next(filter(None, choices), "")
            or self._images_problem(body)
            or _optional_problem(body)
        )

    def pictures(self, body: Mapping[str, Any]) -> list[str]:
        """The links to pictures in a body without a problem; of a model that takes none, nothing."""
        if self.single_image:
            return [body["imageUrl"]]
        return list(body["imageUrls"]) if self.image_list_max else []

    def price_of(self, body: Mapping[str, Any]) -> Decimal:
        """What a call with this body costs."""
        return self.prices.get(body["resolution"], self.price) if self.prices else self.price

    def _prompt_problem(self, prompt: object) -> str:
        if not isinstance(prompt, str) or not prompt.strip():
            return "prompt is required and must be a string"
        if len(prompt) > self.max_prompt:
            return f"prompt must not be longer than {self.max_prompt} characters"
        return ""

    def _choice_problem(self, body: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
        value = body.get(name)
        if not choices or (value is None and name in self.optional):
            return ""
        # A number is refused on purpose: LIST values always travel as strings, even "10".
        if not isinstance(value, str) or value not in choices:
            return f"{name} must be one of {', '.join(choices)}"
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
_BY_RESOLUTION = {"720p": Decimal("0.2"), "1080p": Decimal("0.25"), "4k": Decimal("0.5")}

MODELS: Mapping[str, Model] = {
    model.endpoint: model
    for model in (
        Model("rhart-image-v1/text-to-image", "image", 20000, IMAGE_RATIOS, _IMAGE, _CHEAP),
        Model(
            *("rhart-image-v1/edit", "image", 20000, IMAGE_RATIOS, _IMAGE, _CHEAP),
            image_list_max=5,
            image_mb=10,
        ),
        Model(
            *("rhart-video-s/text-to-video", "video", 4000, VIDEO_RATIOS, _VIDEO, _DEAR),
            durations=("10", "15"),
        ),
        Model(
            *("rhart-video-s/image-to-video", "video", 4000, VIDEO_RATIOS, _VIDEO, _DEAR),
            durations=("10", "15"),
            single_image=True,
            image_mb=50,
        ),
        Model(
            *("rhart-video-v3.1-fast/text-to-video", "video", 8000, VIDEO_RATIOS[:2], _VIDEO),
            _BY_RESOLUTION["720p"],
            durations=("8",),
            prices=_BY_RESOLUTION,
            optional=frozenset({"duration"}),
        ),
    )
}

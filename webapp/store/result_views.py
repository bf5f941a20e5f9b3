"""Results as people see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from webapp.models import Result
from webapp.states import FileState
from webapp.store.rows import dicts
from webapp.views import ErrorView, ResultView


def result_view(entry: Mapping[str, Any]) -> ResultView:
    """From a row of `results` as a dict."""
    failed = entry["file_state"] == FileState.FAILED
    return ResultView(
        id=entry["id"],
        position=entry["position"],
        kind=entry["kind"],
        type=entry["type"],
        url=entry["url"],
        text=entry["text"],
        filename=entry["filename"],
        file_state=FileState(entry["file_state"]),
        size=entry["size"],
        width=entry["width"],
        height=entry["height"],
        seconds=entry["seconds"],
        has_preview=bool(entry["has_preview"]),
        error=ErrorView(entry["error_class"], entry["error_code"], entry["error_raw"])
        if failed
        else None,
    )


def results_of(item_ids: Collection[int]) -> Mapping[int, tuple[ResultView, ...]]:
    """The results of each item in their order. Inside a connection."""
    found: dict[int, list[ResultView]] = defaultdict(list)
    query = Result.select().where(Result.item.in_(list(item_ids))).order_by(Result.item, Result.id)
    for entry in dicts(query):
        found[entry["item"]].append(result_view(entry))
    return {item_id: tuple(found[item_id]) for item_id in item_ids}

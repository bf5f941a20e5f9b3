"""The unclear items of all missions, and what the account has under way now."""

from __future__ import annotations

from webapp.providers.base import Provider
from webapp.store import unknown_views, unknowns
from webapp.views import Page, UnknownView


class Unclear:
    """Only looks; to decide is a matter of missions."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @property
    def key_fingerprint(self) -> str:
        """Of the key in use: what was sent with another one is found in another account."""
        return self._provider.key_fingerprint

    def page(
        self, *, page: int = 1, page_size: int = 20, mission_id: int | None = None
    ) -> Page[UnknownView]:
        """Newest first; of one mission, or of all."""
        return unknown_views.page(page, page_size, mission_id=mission_id)

    def known_running(self) -> int:
        """Tasks that the account of this key works on, as far as the program knows."""
        return unknowns.known_running(self._provider.name, self._provider.key_fingerprint)

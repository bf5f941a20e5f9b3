"""What a page shows, as its address says it. A value that we do not know counts as not given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from webapp.spending.periods import PeriodName, parse_day
from webapp.spending.usage import UsageRequest
from webapp.spending.usage_views import PROVIDERS
from webapp.states import ItemState, MissionState
from webapp.task_types import TASK_TYPES

Query = Mapping[str, str]
ListQuery = dict[str, object]

LIST_SIZE = 24
ITEM_SIZES = (24, 60, 120)
ITEM_SIZE = 60
VIEWS = ("gallery", "table")
MISSION_STATES = (
    "running",
    "queued",
    "paused",
    "attention",
    "completed",
    "cancelled",
    "failed",
)
_SEARCH_LIMIT = 200
_MAX_PAGE = 1_000_000
_KNOWN_STATES = frozenset({*(state.value for state in MissionState), "attention"})


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which missions the list shows."""

    state: str | None
    task_type: str | None
    q: str | None
    mine: bool
    page: int

    @classmethod
    def of(cls, query: Query) -> ListFilter:
        return cls(
            state=_one_of(query, "state", _KNOWN_STATES),
            task_type=_one_of(query, "type", TASK_TYPES),
            q=search_words(query),
            mine=query.get("owner") == "me",
            page=page_number(query),
        )

    @property
    def query(self) -> ListQuery:
        """Everything but the page number, for links."""
        owner = "me" if self.mine else None
        return {"state": self.state, "type": self.task_type, "q": self.q, "owner": owner}

    def but(self, **changes: object) -> ListQuery:
        """The same list with some values changed."""
        return self.query | changes

    @property
    def narrowed(self) -> bool:
        """Whether some missions may be left out."""
        return bool(self.state or self.task_type or self.q or self.mine)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items a mission's page shows, and how. `cause` is `class:code` of failed items."""

    state: str | None
    cause: str | None
    q: str | None
    view: str
    size: int
    page: int

    @classmethod
    def of(cls, query: Query) -> ItemFilter:
        cause = query.get("cause", "")[:_SEARCH_LIMIT] or None
        return cls(
            state="failed"
            if cause
            else _one_of(query, "state", {state.value for state in ItemState}),
            cause=cause,
            q=search_words(query),
            view=_one_of(query, "view", VIEWS) or VIEWS[0],
            size=_size(query),
            page=page_number(query),
        )

    @property
    def query(self) -> ListQuery:
        """Everything but the page number, for links; what is as usual is left out."""
        return {
            "state": None if self.cause else self.state,
            "cause": self.cause,
            "q": self.q,
            "view": None if self.view == VIEWS[0] else self.view,
            "size": None if self.size == ITEM_SIZE else self.size,
        }

    def but(self, **changes: object) -> ListQuery:
        """The same view with some values changed."""
        return self.query | changes

    @property
    def narrowed(self) -> bool:
        """Whether some items may be left out."""
        return bool(self.state or self.q)


@dataclass(frozen=True, slots=True)
class UnknownFilter:
    """Which unclear items the list shows."""

    mission_id: int | None
    page: int

    @classmethod
    def of(cls, query: Query) -> UnknownFilter:
        mission_id = whole_number(query, "mission")
        return cls(mission_id if 0 < mission_id < 2**53 else None, page_number(query))

    @property
    def query(self) -> ListQuery:
        """Everything but the page number, for links."""
        return {"mission": self.mission_id}


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which days the page about usage shows, and whose. A day alone means from there, or up to it."""

    period: PeriodName
    first: date | None
    last: date | None
    owner_id: int | None
    task_type: str | None
    provider: str | None

    @classmethod
    def of(cls, query: Query) -> UsageFilter:
        first, last = _day(query, "from"), _day(query, "to")
        named = _one_of(query, "period", tuple(PeriodName))
        usual = PeriodName.DATES if first or last else PeriodName.MONTH
        period = PeriodName(named) if named else usual
        dates = period is PeriodName.DATES
        person = whole_number(query, "person", -1)
        return cls(
            period=period,
            first=first if dates else None,
            last=last if dates else None,
            owner_id=person if 0 <= person < 2**53 else None,
            task_type=_one_of(query, "type", TASK_TYPES),
            provider=_one_of(query, "provider", PROVIDERS),
        )

    def request(self, zone: tzinfo) -> UsageRequest:
        """Days are those of `zone`."""
        return UsageRequest(
            self.period,
            self.first,
            self.last,
            self.owner_id,
            self.task_type,
            self.provider,
            zone,
        )

    @property
    def query(self) -> ListQuery:
        """For links; what is as usual is left out."""
        return {
            "period": None if self.period is PeriodName.MONTH else self.period,
            "from": self.first,
            "to": self.last,
            "person": self.owner_id,
            "type": self.task_type,
            "provider": self.provider,
        }

    def but(self, **changes: object) -> ListQuery:
        """The same page with some values changed."""
        return self.query | changes

    def on(self, first: date, last: date) -> ListQuery:
        """The same page for these days."""
        return self.but(period=None) | {"from": first, "to": last}

    @property
    def narrowed(self) -> bool:
        """Whether something may be left out but for the days."""
        return bool(self.owner_id is not None or self.task_type or self.provider)


def whole_number(query: Query, name: str, default: int = 0) -> int:
    """A number from an address, `default` when it is none."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else default


def _one_of(query: Query, name: str, allowed: Collection[str]) -> str | None:
    value = query.get(name, "")
    return value if value in allowed else None


def _day(query: Query, name: str) -> date | None:
    try:
        return parse_day(query.get(name, ""))
    except ValueError:
        return None


def search_words(query: Query) -> str | None:
    """What somebody searches for, None for nothing."""
    return query.get("q", "").strip()[:_SEARCH_LIMIT] or None


def page_number(query: Query) -> int:
    """The page that an address asks for, counted from 1."""
    return min(max(1, whole_number(query, "page", 1)), _MAX_PAGE)


def _size(query: Query) -> int:
    size = whole_number(query, "size", ITEM_SIZE)
    return size if size in ITEM_SIZES else ITEM_SIZE

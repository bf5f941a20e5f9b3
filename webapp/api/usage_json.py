"""What was made and what it cost as JSON; json_views.py has the rest."""

from __future__ import annotations

from webapp.api.json_views import Say
from webapp.api.usage_shapes import (
    Amount,
    CauseOut,
    MissionUsageOut,
    PartOut,
    PersonUsageOut,
    PriceOut,
    TallyOut,
    TypeUsageOut,
    UsageOut,
)
from webapp.pages.explanations import explain
from webapp.spending.usage_views import (
    CauseUsage,
    MissionUsage,
    Money,
    PartUsage,
    PersonUsage,
    PriceCheck,
    Tally,
    TypeUsage,
    UsageView,
)


def usage_json(usage: UsageView, say: Say) -> UsageOut:
    """All of it."""
    return {
        "first_day": usage.days.first.isoformat(),
        "last_day": usage.days.last.isoformat(),
        "provider": usage.provider,
        **_tally(usage.total),
        "images": usage.images,
        "videos": usage.videos,
        "wasted": _amounts(usage.wasted),
        "unpriced": usage.unpriced,
        "prices": [_price(price) for price in usage.prices],
        "unclear": usage.unclear,
        "given_up": usage.given_up,
        "parts": [_part(part) for part in usage.parts],
        "people": [_person(person) for person in usage.people],
        "task_types": [_type(entry) for entry in usage.types],
        "missions": [_mission(mission) for mission in usage.missions],
        "mission_count": usage.mission_count,
        "causes": [_cause(cause, say) for cause in usage.causes],
    }


def _tally(tally: Tally) -> TallyOut:
    return {
        "completed_count": tally.completed,
        "failed_count": tally.failed,
        "success_rate": tally.success_rate,
        "money": _amounts(tally.money),
    }


def _amounts(money: Money) -> list[Amount]:
    return [
        {"currency": currency, "amount": float(amount)}
        for currency, amount in sorted(money.items())
    ]


def _price(price: PriceCheck) -> PriceOut:
    return {
        "currency": price.currency,
        "listed": float(price.listed),
        "charged": float(price.charged),
    }


def _part(part: PartUsage) -> PartOut:
    return {
        "first_day": part.days.first.isoformat(),
        "last_day": part.days.last.isoformat(),
        "completed_count": part.completed,
        "money": _amounts(part.money),
    }


def _person(person: PersonUsage) -> PersonUsageOut:
    return {"owner_id": person.owner_id, "owner": person.owner, **_tally(person.tally)}


def _type(entry: TypeUsage) -> TypeUsageOut:
    return {"task_type": entry.task_type, **_tally(entry.tally)}


def _mission(mission: MissionUsage) -> MissionUsageOut:
    return {
        "api_mission_id": mission.mission_id,
        "name": mission.name,
        "owner_id": mission.owner_id,
        "owner": mission.owner,
        "deleted": mission.deleted,
        **_tally(mission.tally),
    }


def _cause(cause: CauseUsage, say: Say) -> CauseOut:
    why = explain(cause.cause, cause.code)
    return {
        "cause": cause.key,
        "title": say(why.title),
        "count": cause.count,
        "retry": why.retry,
    }

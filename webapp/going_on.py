"""After trouble with money or the key: test, and when it works, go on with everything that waited."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.account import Account, Problem
from webapp.missions import Missions
from webapp.views import AccountTrouble


@dataclass(frozen=True, slots=True)
class Outcome:
    """With a `problem`, nothing was resumed; `trouble` is what was on top of the pages before."""

    resumed: int = 0
    trouble: AccountTrouble | None = None
    problem: Problem | None = None


def test_and_go_on(missions: Missions, account: Account) -> Outcome:
    """Two free questions, and all missions that were paused for the account go on. Blocks for
    seconds. Without such missions nothing is asked. Raises Forbidden."""
    missions.check_may_resume_all()
    trouble = missions.account_trouble()
    if trouble is None:
        return Outcome()
    problem = account.obstacle(trouble.error.code)
    if problem is not None:
        return Outcome(0, trouble, problem)
    return Outcome(missions.resume_after_trouble(), trouble)

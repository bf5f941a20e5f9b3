"""Usage by person: everybody sees all of it, as they see all missions."""

from __future__ import annotations

import csv
import io

from tests.helpers.waiting import wait_until
from tests.pages.browsing import text_of
from tests.rights.conftest import ANN, BEN, EVA, Team


def test_usage_by_person(team: Team) -> None:
    mission_id = team.mission(ANN, scheduled_at=None)
    address = f"/api/api-missions/{mission_id}"
    wait_until(lambda: team.data(ANN, "GET", address)["counts"]["completed"] == 2)
    text = team.page(EVA, "/usage")
    assert f'<option value="{ANN.id}">Ann</option>' in text
    assert f'<option value="{EVA.id}">' not in text  # who never made anything
    assert f'<a href="/usage?person={ANN.id}">Ann</a>' in text
    numbers = team.data(EVA, "GET", "/api/usage")
    assert [(one["owner"], one["completed_count"]) for one in numbers["people"]] == [("Ann", 2)]

    assert "Items ended 2 " in text_of(team.page(BEN, f"/usage?person={ANN.id}"))
    assert "Nothing fits these filters." in text_of(team.page(BEN, f"/usage?person={BEN.id}"))
    assert team.data(BEN, "GET", f"/api/usage?owner_id={BEN.id}")["completed_count"] == 0
    for person, count in ((ANN, 2), (BEN, 0)):
        file = team.call(EVA, "GET", f"/usage.csv?person={person.id}").content.decode("utf-8-sig")
        assert [row["person"] for row in csv.DictReader(io.StringIO(file))] == ["Ann"] * count

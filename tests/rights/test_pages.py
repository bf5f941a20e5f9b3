"""Pages offer what a person may do and nothing else; what is refused is said, and nothing is lost."""

from __future__ import annotations

import re

import pytest

from tests.conftest import StartApp
from tests.helpers.html_forms import Form
from tests.pages.browsing import text_of
from tests.rights.conftest import ADA, ANN, BEN, EVA, LATER, Team
from webapp.accounts.people import Person

_POSTS = re.compile(r'(?:action|formaction)="(/(?:missions|templates)/[^"]+)"')


def offered(page: str, prefix: str) -> set[str]:
    """The last words of the addresses under `prefix` to which forms on a page lead."""
    return {
        address.removeprefix(prefix)
        for address in _POSTS.findall(page)
        if address.startswith(prefix)
    }


def links(page: str) -> set[str]:
    return set(re.findall(r'href="([^"?#]+)', page))


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (ANN, {"pause", "cancel", "rename", "delete", "items/retry", "items/cancel", "download"}),
        (ADA, {"pause", "cancel", "rename", "delete", "items/retry", "items/cancel", "download"}),
        (BEN, {"download"}),
        (EVA, {"download"}),
    ],
    ids=lambda value: value.name if isinstance(value, Person) else "",
)
def test_a_missions_page(team: Team, who: Person, found: set[str]) -> None:
    mission_id = team.mission(ANN)
    page = team.page(who, f"/missions/{mission_id}")
    assert offered(page, f"/missions/{mission_id}/") == found
    assert ("/missions/new" in links(page)) is (who is not EVA)


def test_a_poll_offers_no_more_than_the_page(team: Team) -> None:
    mission_id = team.mission(ANN)
    path = f"/missions/{mission_id}/live?rev=1&shown="
    assert offered(team.page(ANN, path), f"/missions/{mission_id}/") == {"pause", "cancel"}
    for who in (BEN, EVA):
        page = team.page(who, path)
        assert 'id="actions"' in page
        assert offered(page, f"/missions/{mission_id}/") == set()


@pytest.mark.parametrize(
    ("who", "found"),
    [(ANN, {"cancel"}), (ADA, {"cancel"}), (BEN, set()), (EVA, set())],
    ids=lambda value: value.name if isinstance(value, Person) else "",
)
def test_an_items_page(team: Team, who: Person, found: set[str]) -> None:
    here = f"/missions/{team.mission(ANN)}/items/1"
    page = team.page(who, here)
    assert offered(page, here + "/") == found
    assert ("Make again" in page) is (who is not EVA)


@pytest.mark.parametrize(
    ("who", "found"),
    [(ANN, {"rename", "delete"}), (ADA, {"rename", "delete"}), (BEN, set()), (EVA, set())],
    ids=lambda value: value.name if isinstance(value, Person) else "",
)
def test_templates(team: Team, who: Person, found: set[str]) -> None:
    template_id = team.template(ANN, "Of Ann")
    page = team.page(who, "/templates")
    assert offered(page, f"/templates/{template_id}/") == found
    assert (f"/missions/new?template={template_id}" in page) is (who is not EVA)
    assert "Ann" in text_of(page.partition(f'id="template-{template_id}"')[2])


@pytest.mark.parametrize(
    ("who", "said"),
    [(ANN, ""), (ADA, ""), (BEN, "belongs to Ann"), (EVA, "You may look at everything")],
    ids=lambda value: value.name if isinstance(value, Person) else "",
)
def test_why_there_is_no_button(team: Team, who: Person, said: str) -> None:
    mission_id = team.mission(ANN)
    for path in (f"/missions/{mission_id}", f"/missions/{mission_id}/items/1"):
        page = text_of(team.page(who, path))
        assert said in page
        assert bool(said) is ("admin" in page)


def test_who_only_looks_is_not_led_to_where_things_are_made(team: Team) -> None:
    for path in ("/missions", "/templates", "/settings"):
        assert "/missions/new" not in links(team.page(EVA, path))
    assert {"/missions/new", "/templates"} <= links(team.page(BEN, "/settings"))
    assert "/templates" not in links(team.page(EVA, "/missions"))


def test_only_admins_are_led_to_the_trail(team: Team) -> None:
    assert "/settings/audit" in links(team.page(ADA, "/settings"))
    assert "/settings/audit" not in links(team.page(BEN, "/settings"))


def test_whose_a_mission_is(team: Team) -> None:
    mission_id = team.mission(BEN, name="Whose is it")
    card = text_of(team.page(EVA, "/missions?q=Whose is it").partition('id="cards"')[2])
    assert "Ben" in card
    head = team.page(EVA, f"/missions/{mission_id}").partition('class="owner"')[2]
    assert text_of("<span" + head).startswith("Ben")


def test_only_ones_own(team: Team) -> None:
    of_ann = team.mission(ANN, name="Filter me")
    of_ben = team.mission(BEN, name="Filter me")
    page = team.page(ANN, "/missions?owner=me&q=Filter")
    assert f'id="m-{of_ann}"' in page
    assert f'id="m-{of_ben}"' not in page
    # It stays when something else is chosen, and in what the page asks by itself.
    assert 'name="owner" value="me"' in page
    chip = re.search(r'id="chip-running" href="([^"]+)"', page)
    poller = re.search(r'hx-get="(/missions/live[^"]+)"', page)
    for found in (chip, poller):
        assert found is None or "owner=me" in found[1]
    assert poller is not None
    everybody = re.search(r'id="everybodys" href="([^"]+)"', page)
    assert everybody is not None
    assert "owner" not in everybody[1] and "q=Filter" in everybody[1]
    assert "All 1" in text_of(page.partition('id="chips"')[2])


def test_nobody_elses_word_counts_as_not_given(team: Team) -> None:
    of_ben = team.mission(BEN, name="Not given")
    assert f'id="m-{of_ben}"' in team.page(ANN, "/missions?owner=Ben&q=Not given")


def test_the_same_over_json(team: Team) -> None:
    of_ann = team.mission(ANN, name="Over JSON")
    of_ben = team.mission(BEN, name="Over JSON")
    path = "/api/api-missions"
    mine = team.data(ANN, "GET", path, params={"owner": "me", "q": "Over JSON"})
    assert [(one["id"], one["owner"], one["owner_id"]) for one in mine["items"]] == [
        (of_ann, "Ann", ANN.id)
    ]
    assert mine["total"] == 1
    everybodys = team.data(ANN, "GET", path, params={"q": "Over JSON"})["items"]
    assert [(one["id"], one["owner"]) for one in everybodys] == [(of_ben, "Ben"), (of_ann, "Ann")]
    assert team.data(EVA, "GET", f"{path}/{of_ben}")["owner"] == "Ben"
    assert team.program(ANN, "GET", path, params={"owner": "Ben"}).status_code == 422


def test_what_was_typed_is_kept_for_who_may_no_longer_make_missions(team: Team) -> None:
    typed = {"task_type": "text_to_video", "prompts": "a long\ntext", "name": "Mine", "key": "k"}
    for path in ("/missions", "/missions/new", "/missions/new/template"):
        answer = team.call(EVA, "POST", path, data=typed)
        assert answer.status_code == 403
        assert "You may look at everything here" in answer.text
        form = Form(answer.text, "mission-form")
        assert form.value("prompts").split() == ["a", "long", "text"]
        assert form.value("name") == "Mine"
        assert form.value("task_type") == "text_to_video"
    page = team.page(EVA, "/missions?q=Mine")
    assert "No missions match" in page


def test_a_new_name_for_somebody_elses_template_is_kept_and_refused(team: Team) -> None:
    template_id = team.template(ANN, "Before")
    answer = team.call(BEN, "POST", f"/templates/{template_id}/rename", data={"name": "After"})
    assert answer.status_code == 403
    assert "This belongs to Ann" in answer.text
    assert 'value="After"' in answer.text
    assert ">Before</h3>" in team.page(BEN, "/templates")


def test_the_missions_page_says_why_not(team: Team) -> None:
    mission_id = team.mission(ANN)
    for path in ("pause", "cancel", "items/1/cancel"):
        answer = team.call(BEN, "POST", f"/missions/{mission_id}/{path}")
        assert answer.status_code == 403
        assert "This belongs to Ann. Only its owner or an admin may change it." in answer.text
        assert f"/missions/{mission_id}" in links(answer.text) | {answer.url.rpartition("/")[0]}


def test_nobody_is_asked_for_what_they_may_not_do(team: Team) -> None:
    mission_id, template_id = team.mission(ANN), team.template(ANN)
    for path in (f"/missions/{mission_id}/delete", f"/templates/{template_id}/delete"):
        assert "Yes, go on" not in team.call(BEN, "POST", path).text
        assert team.call(ANN, "POST", path).status_code == 200  # the question


def test_two_people_may_choose_the_same_idempotency_key(team: Team) -> None:
    body = {
        "name": "Once",
        "task_type": "text_to_image",
        "config": {"batch_input": ["a fox"]},
        "scheduled_at": LATER,
    }

    def create(who: Person) -> int:
        found = team.data(
            who,
            "POST",
            "/api/api-missions",
            json=body,
            headers={"Idempotency-Key": "same"},
        )
        return int(found["api_mission_id"])

    of_ann, of_ben = create(ANN), create(BEN)
    assert of_ann != of_ben
    assert (create(ANN), create(BEN)) == (of_ann, of_ben)


def test_without_accounts_nothing_is_said_of_owners(start_app: StartApp) -> None:
    app = start_app()
    mission_id = app.create(scheduled_at=LATER)
    for path in ("/missions", f"/missions/{mission_id}", "/templates"):
        page = app.get(path).text
        assert 'class="owner"' not in page and "owner=me" not in page
        assert {"/missions/new", "/templates"} <= links(page)
    assert "Mission started × 2 · you" in text_of(app.get(f"/missions/{mission_id}").text)
    assert "Mission started" in text_of(app.get("/settings/audit").text)
    assert app.mission(mission_id)["owner"] == "local"

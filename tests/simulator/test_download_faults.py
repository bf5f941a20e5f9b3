"""What can go wrong with a result file (reliability.md §6, rows 25-29)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


@pytest.fixture
def url(caller: Caller) -> str:
    """The link of a finished picture."""
    link: str = caller.finished()["results"][0]["url"]
    return link


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_download_is_refused_once(caller: Caller, url: str, status: int) -> None:
    caller.sim.scenario("download", "http", status=status, times=1)

    assert caller.get(url).status_code == status
    assert caller.get(url).status_code == 200


def test_a_download_never_ends(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "endless", media_type="image/png")

    with caller.get(url, stream=True) as response:
        assert "content-length" not in response.headers
        assert len(response.raw.read(2_000_000)) == 2_000_000


def test_a_download_is_larger_than_anybody_wants(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "too_large", bytes=3_000_000, media_type="image/png")

    assert len(caller.get(url).content) == 3_000_000


def test_a_download_is_a_page_instead_of_a_picture(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "html")

    response = caller.get(url)

    assert (response.status_code, response.content[:9]) == (200, b"<!DOCTYPE")


def test_a_download_is_cut_at_nine_tenths(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "cut", fraction=0.9, times=1)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.get(url)
    assert caller.get(url).content.startswith(b"\x89PNG")


def test_a_download_promises_more_than_comes(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "length_lies")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.get(url)


def test_a_download_hides_its_end_behind_a_short_length(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "length_lies", length=500)

    assert len(caller.get(url).content) == 500


def test_a_download_redirects_into_the_inner_network(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "redirect", url="http://169.254.169.254/", status=302)

    response = caller.get(url, allow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (302, "http://169.254.169.254/")


def test_a_download_is_matched_by_task_or_prompt(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "http", status=404, match="dog")

    other = caller.finished("a dog")["results"][0]["url"]

    assert caller.get(url).status_code == 200
    assert caller.get(other).status_code == 404


def test_a_download_hangs_or_is_reset(caller: Caller, url: str) -> None:
    caller.sim.scenario("download", "reset", times=1)
    caller.sim.scenario("download", "hang", times=1)

    with pytest.raises(requests.ConnectionError):
        caller.get(url)
    with pytest.raises(requests.ReadTimeout):
        caller.get(url, timeout=0.1)
    assert caller.sim.stats["downloads"] == 2

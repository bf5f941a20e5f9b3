"""A reference image goes up once per key, and its link is used until it expires (design.md §7)."""

from __future__ import annotations

import io
import threading

import pytest
import requests

from tests.files import made
from tests.files.conftest import MakeProvider
from webapp.clock import FakeClock
from webapp.providers import Provider
from webapp.providers.base import ErrorClass, ProviderError
from webapp.settings import Settings
from webapp.simulator import KeyKind, Simulator
from webapp.uploads import ReferenceImages

HOUR = 3600


@pytest.fixture
def filename(images: ReferenceImages) -> str:
    return images.save(io.BytesIO(made.picture()), "fox.png").filename


def uploads(simulator: Simulator) -> int:
    return len(simulator.request_times("upload"))


def test_the_provider_can_read_what_we_stored(
    images: ReferenceImages, provider: Provider, filename: str
) -> None:
    link = images.remote_url(filename, provider)

    served = requests.get(link, timeout=30)
    assert served.content == images.path(filename).read_bytes()


def test_a_link_is_used_again_while_it_lives(
    images: ReferenceImages,
    provider: Provider,
    simulator: Simulator,
    clock: FakeClock,
    filename: str,
) -> None:
    first = images.remote_url(filename, provider)
    clock.advance(21 * HOUR)

    assert images.remote_url(filename, provider) == first
    assert uploads(simulator) == 1


def test_a_link_is_renewed_before_its_last_hour(
    images: ReferenceImages,
    provider: Provider,
    simulator: Simulator,
    clock: FakeClock,
    filename: str,
) -> None:
    images.remote_url(filename, provider)
    clock.advance(22.1 * HOUR)
    images.remote_url(filename, provider)
    clock.advance(21 * HOUR)
    images.remote_url(filename, provider)

    assert uploads(simulator) == 2


def test_each_key_has_its_own_upload(
    images: ReferenceImages, make_client: MakeProvider, simulator: Simulator, filename: str
) -> None:
    good = str(simulator.world.config.key)
    simulator.configure(keys={"key-of-bob": KeyKind.ENTERPRISE})
    for key in (good, "key-of-bob", good, "key-of-bob"):
        images.remote_url(filename, make_client(key))

    assert uploads(simulator) == 2


def test_fifty_items_with_one_image_upload_it_once(
    images: ReferenceImages, provider: Provider, simulator: Simulator, filename: str
) -> None:
    simulator.scenario("upload", "delay", seconds=0.2)
    links: list[str] = []
    threads = [
        threading.Thread(target=lambda: links.append(images.remote_url(filename, provider)))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(links) == 50
    assert len(set(links)) == 1
    assert uploads(simulator) == 1


def test_a_failed_upload_is_told_and_not_remembered(
    images: ReferenceImages, provider: Provider, simulator: Simulator, filename: str
) -> None:
    simulator.scenario("upload", "refuse", code="1008", times=1)

    with pytest.raises(ProviderError):
        images.remote_url(filename, provider)
    assert images.remote_url(filename, provider).startswith("http")


@pytest.mark.parametrize(
    "address",
    [
        "/api/images/{}",
        "http://127.0.0.1:7777/api/images/{}",
        "http://LOCALHOST:7777/api/images/{}",
        "https://team.example/api/images/{}",
        "http://192.168.1.20:7777/api/images/{}?v=1",
    ],
)
def test_an_image_of_ours_goes_up_however_it_is_addressed(
    database: Settings, clock: FakeClock, provider: Provider, filename: str, address: str
) -> None:
    own = database.model_copy(update={"port": 7777, "public_url": "https://team.example"})
    images = ReferenceImages(own, clock)

    remote = images.to_remote(address.format(filename), provider)

    assert requests.get(remote, timeout=30).content == images.path(filename).read_bytes()


@pytest.mark.parametrize(
    "address",
    [
        "https://pictures.example/fox.png",
        "https://pictures.example/api/images/fox.png",
        "https://pictures.example/?x=/api/images/fox.png",
        "http://[broken/api/images/fox.png",
    ],
)
def test_a_public_address_is_passed_on_untouched(
    images: ReferenceImages, provider: Provider, simulator: Simulator, address: str
) -> None:
    assert images.to_remote(address, provider) == address
    assert uploads(simulator) == 0


@pytest.mark.parametrize(
    "address",
    [
        f"/api/images/{'0' * 32}.png",
        "/api/images/../../etc/passwd",
        "http://127.0.0.1:0/api/images/fox.png",
    ],
)
def test_an_image_of_ours_that_is_not_there_is_a_wrong_input(
    images: ReferenceImages, provider: Provider, address: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        images.to_remote(address, provider)
    assert caught.value.error_class is ErrorClass.INPUT


def test_an_image_whose_file_was_removed_is_a_wrong_input(
    images: ReferenceImages, provider: Provider, filename: str
) -> None:
    images.path(filename).unlink()

    with pytest.raises(ProviderError) as caught:
        images.to_remote(f"/api/images/{filename}", provider)
    assert caught.value.cause == "input:image_missing"

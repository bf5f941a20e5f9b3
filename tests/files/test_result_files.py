"""The life of a result's file, against the simulator's faults (reliability.md §6 rows 22-30)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.files import made
from tests.files.seeds import Seeds
from webapp.clock import FakeClock
from webapp.errors import NotFound
from webapp.files.download import Limits
from webapp.files.previews import NoPreview, preview_picture
from webapp.providers import Provider
from webapp.results import ResultFiles
from webapp.settings import Settings
from webapp.simulator import Simulator
from webapp.states import FileState
from webapp.store import missions, results

Paint = Callable[..., Any]
DAY = 24 * 3600


@pytest.fixture
def link(paint: Paint) -> Any:
    """A finished remote task."""
    return paint()


@pytest.fixture
def pending(seeds: Seeds, link: Any) -> int:
    return seeds.pending(link.results[0].url, task_id=link.remote_task_id)


def test_a_picture_comes_home(files: ResultFiles, seeds: Seeds, pending: int) -> None:
    before = seeds.revs(pending)

    files.fetch(pending)

    row = seeds.result(pending)
    path = files.path(row.filename)
    assert (row.file_state, row.type, row.kind) == (FileState.SAVED, "png", "image")
    with Image.open(path) as image:
        assert (row.width, row.height) == image.size
    assert row.size == path.stat().st_size
    assert seeds.counters(pending) == (0, 0)
    assert all(now > then for now, then in zip(seeds.revs(pending), before, strict=True))
    assert seeds.parts() == []


def test_a_picture_has_previews(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str]
) -> None:
    result = seeds.pending(serve_body(made.picture("PNG", (900, 1200))))

    files.fetch(result)

    for width, height in ((320, 427), (640, 853)):
        with Image.open(files.preview_path(width, result)) as preview:
            assert (preview.format, preview.size) == ("WEBP", (width, height))
    with pytest.raises(NotFound):
        files.preview_path(10_000, result)


def test_previews_that_are_gone_are_made_again(
    files: ResultFiles, seeds: Seeds, paint: Paint, pending: int
) -> None:
    """A backup leaves them out."""
    film = paint(path="rhart-video-s/text-to-video")
    video = seeds.pending(film.results[0].url, type="mp4", task_id=film.remote_task_id)
    for result in (pending, video):
        files.fetch(result)
        before = files.preview_path(320, result).read_bytes()
        for width in (320, 640):
            files.preview_path(width, result).unlink()

        assert files.preview_path(320, result).read_bytes() == before
        assert files.preview_path(640, result).is_file()

        files.preview_path(320, result).unlink()
        files.path(seeds.result(result).filename).unlink()
        with pytest.raises(NotFound):
            files.preview_path(320, result)


def test_a_small_picture_is_not_blown_up(files: ResultFiles, seeds: Seeds, pending: int) -> None:
    files.fetch(pending)

    with Image.open(files.preview_path(640, pending)) as preview:
        assert preview.width == seeds.result(pending).width < 320


def test_a_film_comes_home_with_its_poster(files: ResultFiles, seeds: Seeds, paint: Paint) -> None:
    task = paint(path="rhart-video-s/text-to-video")
    result = seeds.pending(task.results[0].url, type="mp4", task_id=task.remote_task_id)

    files.fetch(result)

    row = seeds.result(result)
    assert (row.type, row.kind, row.has_preview) == ("mp4", "video", True)
    assert row.seconds > 0
    assert files.preview_path(640, result).is_file()


def test_the_name_says_nothing_that_can_be_guessed(
    files: ResultFiles, seeds: Seeds, link: Any
) -> None:
    two = [seeds.pending(link.results[0].url), seeds.pending(link.results[0].url)]
    for result in two:
        files.fetch(result)

    names = [seeds.result(result).filename for result in two]
    assert names[0].startswith("1_0001_1_")
    assert names[0][-20:] != names[1][-20:]


def test_a_second_call_does_nothing(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator
) -> None:
    files.fetch(pending)
    files.fetch(pending)

    assert len(simulator.request_times("download")) == 1


def test_the_type_is_that_of_the_bytes(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str]
) -> None:
    result = seeds.pending(serve_body(made.picture("WEBP")), type="png")

    files.fetch(result)

    assert seeds.result(result).type == "webp"
    assert files.path(seeds.result(result).filename).suffix == ".webp"


@pytest.fixture
def serve_body(provider: Provider, tmp_path: Path) -> Callable[[bytes], str]:
    """Have RunningHub deliver these bytes."""

    def serve(body: bytes) -> str:
        file = tmp_path / "body"
        file.write_bytes(body)
        return provider.upload(file, "body.bin", "application/octet-stream").url

    return serve


@pytest.mark.parametrize(
    ("fault", "details", "cause"),
    [
        ("http", {"status": 500}, "file_network"),
        ("http", {"status": 503}, "file_network"),
        ("reset", {}, "file_network"),
        ("cut", {"fraction": 0.9}, "file_network"),
        ("length_lies", {}, "file_network"),
        ("html", {}, "file_type"),
        ("empty_body", {}, "file_type"),
        ("invalid_json", {}, "file_type"),
    ],
)
def test_a_passing_trouble_is_tried_again(
    files: ResultFiles,
    seeds: Seeds,
    pending: int,
    simulator: Simulator,
    clock: FakeClock,
    fault: str,
    details: dict[str, Any],
    cause: str,
) -> None:
    simulator.scenario("download", fault, times=2, **details)

    for tries in (1, 2):
        files.fetch(pending)
        row = seeds.result(pending)
        assert (row.file_state, row.tries, row.error_class) == (FileState.PENDING, tries, cause)
        assert row.filename is None
        assert list(seeds.folder.glob("*")) == []
        assert pending not in results.files_due(clock.now(), 10)
        clock.advance((row.next_at - clock.now()).total_seconds())
        assert results.files_due(clock.now(), 10) == [pending]
    files.fetch(pending)

    assert seeds.result(pending).file_state == FileState.SAVED
    assert seeds.counters(pending) == (0, 0)


def test_pauses_grow(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator, clock: FakeClock
) -> None:
    simulator.scenario("download", "http", status=500)
    pauses = []
    for _ in range(12):
        files.fetch(pending)
        pauses.append((seeds.result(pending).next_at - clock.now()).total_seconds())

    assert pauses[0] < 2
    assert pauses[4] > 2 * pauses[0]
    assert 300 <= pauses[11] <= 900


def test_a_wrong_type_is_not_tried_for_ever(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator
) -> None:
    simulator.scenario("download", "html")
    for _ in range(5):
        files.fetch(pending)

    row = seeds.result(pending)
    assert (row.file_state, row.error_class, row.error_code) == (
        FileState.FAILED,
        "file_type",
        "html",
    )
    assert seeds.counters(pending) == (0, 1)


def test_a_broken_network_is_tried_while_the_link_lives(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator, clock: FakeClock
) -> None:
    simulator.scenario("download", "http", status=502)
    for _ in range(30):
        files.fetch(pending)
    assert seeds.result(pending).file_state == FileState.PENDING

    clock.advance(DAY)
    files.fetch(pending)

    assert seeds.result(pending).file_state == FileState.FAILED
    assert seeds.counters(pending) == (0, 1)


def test_a_dead_link_is_asked_for_once_more(
    files: ResultFiles,
    seeds: Seeds,
    link: Any,
    clock: FakeClock,
) -> None:
    gone = link.results[0].url.replace("/0.", "/9.")
    result = seeds.pending(gone, task_id=link.remote_task_id)

    files.fetch(result)
    assert seeds.result(result).url == link.results[0].url
    files.fetch(result)

    assert seeds.result(result).file_state == FileState.SAVED


def test_a_renewed_link_lives_for_a_day_of_its_own(
    files: ResultFiles, seeds: Seeds, link: Any, simulator: Simulator, clock: FakeClock
) -> None:
    gone = link.results[0].url.replace("/0.", "/9.")
    result = seeds.pending(gone, task_id=link.remote_task_id)
    clock.advance(DAY)
    files.fetch(result)
    simulator.scenario("download", "http", status=502, times=1)

    files.fetch(result)
    assert seeds.result(result).file_state == FileState.PENDING
    files.fetch(result)

    assert seeds.result(result).file_state == FileState.SAVED


def test_a_person_s_retry_of_a_dead_link_survives_a_hiccup(
    files: ResultFiles, seeds: Seeds, link: Any, simulator: Simulator, clock: FakeClock
) -> None:
    gone = link.results[0].url.replace("/0.", "/9.")
    result = seeds.pending(gone, task_id=link.remote_task_id)
    clock.advance(2 * DAY)
    simulator.scenario("download", "http", status=502, times=1)
    files.fetch(result)
    assert seeds.result(result).file_state == FileState.FAILED

    results.retry_files(seeds.result(result).mission_id, clock.now())
    simulator.scenario("download", "http", status=502, times=1)
    for _ in range(3):
        files.fetch(result)

    assert seeds.result(result).file_state == FileState.SAVED


def test_a_link_that_stays_dead_is_given_up(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator
) -> None:
    simulator.scenario("download", "http", status=404)
    for _ in range(3):
        assert seeds.result(pending).file_state == FileState.PENDING
        files.fetch(pending)

    row = seeds.result(pending)
    assert (row.file_state, row.error_class, row.error_code) == (
        FileState.FAILED,
        "file_gone",
        "http_404",
    )


def test_after_a_day_off_an_expired_link_is_given_up_at_once(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator, clock: FakeClock
) -> None:
    clock.advance(25 * 3600)
    simulator.advance(25 * 3600)

    files.fetch(pending)

    row = seeds.result(pending)
    assert (row.file_state, row.error_class, row.tries) == (FileState.FAILED, "file_gone", 1)


def test_files_that_die_first_are_fetched_first(
    seeds: Seeds, clock: FakeClock, database: Settings
) -> None:
    late = seeds.pending("http://x.test/a")
    clock.advance(-3600)
    early = seeds.pending("http://x.test/b")
    clock.advance(3600)

    assert results.files_due(clock.now(), 10) == [early, late]
    assert results.files_due(clock.now(), 10, without=[early]) == [late]
    assert results.files_due(clock.now(), 1) == [early]


def test_the_next_due_time_is_known(
    files: ResultFiles, seeds: Seeds, pending: int, simulator: Simulator, clock: FakeClock
) -> None:
    assert results.next_file_due(clock.now()) is None
    simulator.scenario("download", "http", status=500, times=1)
    files.fetch(pending)

    assert results.next_file_due(clock.now()) == seeds.result(pending).next_at
    assert results.next_file_due(clock.now() + timedelta(hours=1)) is None


@pytest.mark.parametrize("fault", ["endless", "too_large"])
def test_too_much_stops_at_the_cap_and_is_not_repeated(
    database: Settings,
    clock: FakeClock,
    provider: Provider,
    seeds: Seeds,
    pending: int,
    simulator: Simulator,
    fault: str,
) -> None:
    small = ResultFiles(database, clock, provider, limits=Limits(max_bytes=1_000_000))
    simulator.scenario("download", fault, media_type="image/png", times=1)

    small.fetch(pending)
    row = seeds.result(pending)
    assert (row.file_state, row.error_class) == (FileState.FAILED, "file_size")
    assert list(seeds.folder.glob("*")) == []

    assert results.retry_files(row.mission_id, clock.now()) == 1
    small.fetch(pending)
    small.stop()

    assert seeds.result(pending).file_state == FileState.SAVED
    assert seeds.counters(pending) == (0, 0)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://169.254.169.254/x.png"])
def test_other_places_are_not_fetched_from(files: ResultFiles, seeds: Seeds, url: str) -> None:
    result = seeds.pending(url)

    files.fetch(result)

    row = seeds.result(result)
    assert (row.file_state, row.error_class) == (FileState.FAILED, "file_address")


def test_a_full_disk_waits_for_room(
    database: Settings, clock: FakeClock, provider: Provider, seeds: Seeds, pending: int
) -> None:
    full = ResultFiles(database, clock, provider, limits=Limits(reserve_bytes=10**18))
    full.fetch(pending)
    full.stop()
    row = seeds.result(pending)
    assert (row.file_state, row.error_class) == (FileState.PENDING, "file_disk")

    roomy = ResultFiles(database, clock, provider)
    roomy.fetch(pending)
    roomy.stop()

    assert seeds.result(pending).file_state == FileState.SAVED


def test_a_folder_that_cannot_be_made_is_a_foreseen_trouble(
    files: ResultFiles, seeds: Seeds, pending: int, database: Settings
) -> None:
    database.uploads.mkdir()
    (database.uploads / "results").write_bytes(b"a file where the folder should be")

    files.fetch(pending)

    assert seeds.result(pending).error_class == "file_disk"


def test_a_picture_that_cannot_be_previewed_is_kept(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str]
) -> None:
    broken = made.picture("PNG", (300, 200))[:-80]
    result = seeds.pending(serve_body(broken))

    files.fetch(result)

    row = seeds.result(result)
    assert (row.file_state, row.has_preview) == (FileState.SAVED, False)
    assert files.path(row.filename).read_bytes() == broken
    with pytest.raises(NotFound):
        files.preview_path(320, result)


def test_a_file_that_kills_the_decoder_is_kept_without_a_preview_in_the_end(
    files: ResultFiles, seeds: Seeds, pending: int, clock: FakeClock
) -> None:
    """As if the process had died three times in a decoder (reliability.md §6 row 52)."""
    for _ in range(3):
        job = results.file_job(pending)
        assert job is not None
        results.decoding_begins(job, clock.now())
    assert results.files_due(clock.now(), 10) == [pending]

    files.fetch(pending)

    row = seeds.result(pending)
    assert (row.file_state, row.has_preview) == (FileState.SAVED, False)


def test_a_process_that_died_once_costs_no_preview(
    files: ResultFiles, seeds: Seeds, pending: int, clock: FakeClock
) -> None:
    job = results.file_job(pending)
    assert job is not None
    results.decoding_begins(job, clock.now())

    files.fetch(pending)

    assert seeds.result(pending).has_preview


def test_a_bomb_is_kept_and_not_decoded(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str]
) -> None:
    result = seeds.pending(serve_body(made.png_that_claims(10_000, 10_000)))

    files.fetch(result)

    row = seeds.result(result)
    assert (row.file_state, row.has_preview) == (FileState.SAVED, False)


@pytest.mark.parametrize(
    "bomb", [made.jpeg_that_claims(8_000, 8_000), made.many_scans_jpeg(200)], ids=["wide", "scans"]
)
def test_a_slow_or_hungry_jpeg_is_not_even_opened_for_a_preview(
    tmp_path: Path, bomb: bytes
) -> None:
    """Its preview is small, but all of it would have to be in memory, or be gone over for hours."""
    path = tmp_path / "bomb.jpg"
    path.write_bytes(bomb)

    with pytest.raises(NoPreview, match="progressive"):
        preview_picture(path, {320: tmp_path / "preview.webp"})

    path.write_bytes(made.picture("JPEG", progressive=True))
    assert preview_picture(path, {320: tmp_path / "preview.webp"}) == (64, 48)


def test_a_sound_has_its_length(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str], tmp_path: Any
) -> None:
    wav = made.sound(tmp_path / "a.wav", 1.5).read_bytes()
    result = seeds.pending(serve_body(wav), type="wav")

    files.fetch(result)

    row = seeds.result(result)
    assert (row.kind, row.seconds, row.has_preview) == ("audio", 1.5, False)


def test_a_file_of_another_kind_is_kept_as_it_is(
    files: ResultFiles, seeds: Seeds, serve_body: Callable[[bytes], str]
) -> None:
    result = seeds.pending(serve_body(b"glTF\x02\0\0\0"), type="glb")

    files.fetch(result)

    assert (seeds.result(result).type, seeds.result(result).kind) == ("glb", "file")


def test_a_file_of_a_mission_that_was_removed_meanwhile_is_removed_too(
    files: ResultFiles, seeds: Seeds, pending: int, clock: FakeClock, monkeypatch: Any
) -> None:
    mission = seeds.result(pending).mission_id
    job = results.file_job(pending)
    assert job is not None
    monkeypatch.setattr(results, "file_job", lambda _: job)  # read just before the removal
    missions.delete(mission, clock.now(), "alice")
    missions.purge(mission, clock.now())

    files.fetch(pending)

    assert list(seeds.folder.glob("*")) == []


def test_files_of_a_deleted_mission_are_not_fetched_or_served(
    files: ResultFiles, seeds: Seeds, link: Any, clock: FakeClock
) -> None:
    saved, waiting = seeds.pending(link.results[0].url), seeds.pending("http://x.test/b")
    files.fetch(saved)
    filename = seeds.result(saved).filename
    for result in (saved, waiting):
        missions.delete(seeds.result(result).mission_id, clock.now(), "alice")

    assert results.files_due(clock.now(), 10) == []
    with pytest.raises(NotFound):
        files.path(filename)
    with pytest.raises(NotFound):
        files.preview_path(320, saved)


def test_removal_takes_the_previews_along(
    files: ResultFiles, seeds: Seeds, pending: int, database: Settings
) -> None:
    files.fetch(pending)

    files.remove([seeds.result(pending).filename, "1_0001_1_never.png"])

    assert [path for path in database.uploads.rglob("*") if path.is_file()] == []


def test_the_end_of_the_program_leaves_a_file_for_the_next_start(
    files: ResultFiles, seeds: Seeds, pending: int
) -> None:
    files.stop()

    files.fetch(pending)

    row = seeds.result(pending)
    assert (row.file_state, row.tries) == (FileState.PENDING, 0)
    assert seeds.parts() == []


@pytest.mark.parametrize("name", ["", "..", "../x.png", "a" * 5000 + ".png", "x.png\0", "X.png"])
def test_only_names_that_we_gave_are_served(files: ResultFiles, name: str) -> None:
    with pytest.raises(NotFound):
        files.path(name)

"""Names in zips and downloads are safe on every system, whatever a prompt says."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.files.filenames import MAX_BYTES, archive_name, entry_name, safe_words, shown_name

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from('/\\:*?"<>|.. \t\r\n\0\x1b\u202e\u2066\u200b\u2028\ufeffé狐'),
    ),
    max_size=200,
)
WINDOWS_FORBIDS = set('\\/:*?"<>|')


@given(NASTY)
def test_words_hold_nothing_that_a_system_or_a_reader_could_misread(text: str) -> None:
    words = safe_words(text)

    assert not WINDOWS_FORBIDS & set(words)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in words)
    assert words == words.strip(" .")
    assert unicodedata.is_normalized("NFC", words)
    assert len(words.encode()) <= MAX_BYTES


# Python 3.13 has another function for it, which 3.11 lacks.
@pytest.mark.filterwarnings("ignore:.*is_reserved:DeprecationWarning")
@given(NASTY)
def test_words_are_no_windows_device(text: str) -> None:
    name = f"{safe_words(text)}.zip"

    assert not PureWindowsPath(name).is_reserved()


@given(NASTY, st.integers(1, 10_000), st.integers(1, 9))
def test_an_entry_stays_inside_the_folder_it_is_unpacked_to(
    prompt: str, index: int, number: int
) -> None:
    name = entry_name(index, prompt, number, "png")
    target = Path("/target")

    assert (target / name).resolve().parent == target
    assert PureWindowsPath(name).name == name
    assert len(name.encode()) <= 255


@given(st.lists(NASTY, min_size=1, max_size=30), st.integers(1, 4))
def test_entries_are_unique_even_where_case_does_not_count(
    prompts: list[str], outputs: int
) -> None:
    names = [
        entry_name(index, prompt, number, "png")
        for index, prompt in enumerate(prompts, start=1)
        for number in range(1, outputs + 1)
    ]

    assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == len(names)


def test_chinese_stays_readable() -> None:
    assert entry_name(7, "晨雾竹林，无人机俯拍", 1, "webp") == "0007_晨雾竹林，无人机俯拍.webp"


def test_a_long_prompt_is_cut_between_characters() -> None:
    words = safe_words("狐" * 200)

    assert words == "狐" * 33


def test_further_outputs_are_numbered() -> None:
    assert [entry_name(1, "a fox", number, "png") for number in (1, 2, 3)] == [
        "0001_a fox.png",
        "0001_a fox_2.png",
        "0001_a fox_3.png",
    ]


def test_a_prompt_of_signs_only_leaves_the_number() -> None:
    assert entry_name(3, " \u202e...\n", 1, "png") == "0003.png"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Autumn", "Autumn_results.zip"),
        ("秋季/新品", "秋季_新品_results.zip"),
        ("../../etc/passwd", "_.._etc_passwd_results.zip"),
        ("", "12_results.zip"),
    ],
)
def test_the_zip_is_named_after_its_mission(name: str, expected: str) -> None:
    assert archive_name(name, 12) == expected


@pytest.mark.parametrize(
    ("original", "shown"),
    [
        ("C:\\Users\\alice\\fox.png", "fox.png"),
        ("../../fox.png", "fox.png"),
        ("fox\r\nSet-Cookie: a.png", "fox Set-Cookie_ a.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("", "image"),
    ],
)
def test_an_uploaded_name_is_shown_without_its_tricks(original: str, shown: str) -> None:
    assert shown_name(original) == shown

"""A file is what its first bytes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.made import film, picture
from webapp.files.filetypes import HEAD_BYTES, TYPES, decide, kind_of, sniff

HEADS = {
    "png": picture("PNG"),
    "jpg": picture("JPEG"),
    "webp": picture("WEBP"),
    "gif": picture("GIF"),
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0",
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "mov": b"\0\0\0\x14ftypqt  \0\0\x02\0qt  ",
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm",
    "mkv": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x88matroska",
    "mp3": b"\xff\xfb\x90\x44\0\0\0\0",
    "wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "ogg": b"OggS\0\x02",
    "flac": b"fLaC\0\0\0\x22",
    "m4a": b"\0\0\0\x18ftypM4A \0\0\0\0",
    "glb": b"glTF\x02\0\0\0",
    "zip": b"PK\x03\x04\x14\0",
    "pdf": b"%PDF-1.7\n",
    "psd": b"8BPS\0\x01",
    "html": b"\n <!DOCTYPE html><title>502</title>",
    "xml": b"<?xml version='1.0'?><Error/>",
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "json": b'{"code": 1}',
    "txt": "晨雾".encode(),
}


@pytest.mark.parametrize("extension", HEADS)
def test_a_type_is_known_by_its_bytes(extension: str) -> None:
    found = sniff(HEADS[extension])

    assert found is TYPES[extension]


def test_every_brand_of_film_is_one(tmp_path: Path) -> None:
    real = film(tmp_path / "a.mp4", frames=2).read_bytes()

    assert sniff(real[:HEAD_BYTES]) is TYPES["mp4"]
    for brand in (b"isom", b"iso5", b"iso6", b"dash", b"avc1", b"mp42"):
        assert sniff(b"\0\0\0\x18ftyp" + brand + bytes(8)) is TYPES["mp4"]


@pytest.mark.parametrize("head", [b"", b"\0" * 64, b"\x01\x02\xfe\xff" * 8, b"BM\0\x01", b"\xff"])
def test_other_bytes_are_not_guessed_at(head: bytes) -> None:
    assert sniff(head) is None


def test_a_text_may_be_cut_inside_a_character() -> None:
    text = ("a" * (HEAD_BYTES - 1) + "狐").encode()

    assert sniff(text[:HEAD_BYTES]) is TYPES["txt"]
    assert sniff("a狐".encode()[:-1]) is None


@pytest.mark.parametrize(
    ("declared", "came", "stored"),
    [
        ("png", "png", "png"),
        ("png", "jpg", "jpg"),
        ("png", "html", None),
        ("png", "json", None),
        ("png", "xml", None),
        ("png", "svg", None),
        ("png", "txt", None),
        ("png", "zip", None),
        ("mp4", "html", None),
        ("mp4", "webm", "webm"),
        ("", "png", "png"),
        ("", "html", None),
        ("", "json", None),
        ("", "txt", "txt"),
        ("glb", "glb", "glb"),
        ("GLTF", "json", "gltf"),
        ("glb", "html", None),
        ("obj", "pdf", "pdf"),
        ("txt", "zip", "zip"),
        ("txt", "glb", "glb"),
        ("latent", "psd", "psd"),
        ("usdz", "zip", "usdz"),
        ("obj", "txt", "obj"),
        ("txt", "json", "txt"),
        ("txt", "html", None),
        ("html", "html", "html"),
        ("svg", "svg", "svg"),
        ("exe", "txt", "txt"),
        (".jpeg", "jpg", "jpg"),
        ("../../x", "png", "png"),
    ],
)
def test_the_bytes_decide_over_the_word_of_the_server(
    declared: str, came: str, stored: str | None
) -> None:
    found = decide(declared, HEADS[came])

    assert (found.extension if found else None) == stored


@pytest.mark.parametrize(
    ("declared", "stored"), [("png", None), ("txt", "bin"), ("exe", "bin"), ("latent", "latent")]
)
def test_unknown_bytes_are_kept_as_such_where_no_picture_was_promised(
    declared: str, stored: str | None
) -> None:
    found = decide(declared, b"\x01\x02\xfe\xff" * 8)

    assert (found.extension if found else None) == stored


def test_a_browser_shows_only_what_cannot_act() -> None:
    shown = {entry.extension for entry in TYPES.values() if entry.inline}

    assert not shown & {"html", "svg", "xml", "pdf", "json", "bin", "zip"}
    assert all(
        entry.media_type.startswith(("image/", "video/", "audio/", "text/plain"))
        for entry in TYPES.values()
        if entry.inline
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PNG", "image"),
        ("mp4", "video"),
        ("mp3", "audio"),
        ("txt", "text"),
        ("glb", "file"),
        ("", "file"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind

"""What a file is, from its first bytes: never from its name and never from a server's word.

A table of our own: the one library of this kind that is small enough to trust with the question
"may a browser show this" (`filetype`) has had no release since 2022 and knows neither HTML, JSON
nor GLB; the larger ones answer with guesses (an ID3 tag is "koz", a zip is "docx").
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

HEAD_BYTES = 4096
"""How much of a file `sniff` wants to see."""

_BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FileType:
    """`inline` types may be shown by a browser; everything else is only ever a download."""

    extension: str
    media_type: str
    kind: str  #: image, video, audio, text or file
    inline: bool = False

    @property
    def is_media(self) -> bool:
        return self.kind in ("image", "video", "audio")


TYPES = {
    entry.extension: entry
    for entry in (
        FileType("png", "image/png", "image", inline=True),
        FileType("jpg", "image/jpeg", "image", inline=True),
        FileType("webp", "image/webp", "image", inline=True),
        FileType("gif", "image/gif", "image", inline=True),
        FileType("avif", "image/avif", "image", inline=True),
        FileType("heic", "image/heic", "image"),
        FileType("bmp", "image/bmp", "image"),
        FileType("tiff", "image/tiff", "image"),
        FileType("mp4", "video/mp4", "video", inline=True),
        FileType("mov", "video/quicktime", "video", inline=True),
        FileType("webm", "video/webm", "video", inline=True),
        FileType("mkv", "video/x-matroska", "video"),
        FileType("avi", "video/x-msvideo", "video"),
        FileType("mp3", "audio/mpeg", "audio", inline=True),
        FileType("wav", "audio/wav", "audio", inline=True),
        FileType("ogg", "audio/ogg", "audio", inline=True),
        FileType("flac", "audio/flac", "audio", inline=True),
        FileType("m4a", "audio/mp4", "audio", inline=True),
        FileType("aac", "audio/aac", "audio", inline=True),
        FileType("txt", "text/plain; charset=utf-8", "text", inline=True),
        *(FileType(name, _BINARY, "text") for name in ("json", "csv", "md", "srt", "vtt")),
        *(FileType(name, _BINARY, "file") for name in ("html", "xml", "svg", "pdf", "zip")),
        *(FileType(name, _BINARY, "file") for name in ("glb", "gltf", "obj", "ply", "stl")),
        *(FileType(name, _BINARY, "file") for name in ("fbx", "usdz", "psd", "exr", "bin")),
        *(FileType(name, _BINARY, "file") for name in ("safetensors", "latent")),
    )
}
"""Every type a file of ours can have, by its extension."""

_ALIASES = {"jpeg": "jpg", "tif": "tiff", "htm": "html", "text": "txt", "oga": "ogg"}

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"ID3", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"glTF", "glb"),
    (0, b"8BPS", "psd"),
    (0, b"v/1\x01", "exr"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"%PDF-", "pdf"),
)
_SIGNED = frozenset(name for _, _, name in _SIGNATURES)
_HTML = re.compile(rb"<(!doctype html|html|head|body|script|title|meta|!--)", re.IGNORECASE)


def known(name: str) -> FileType | None:
    """The type for an extension as a provider writes it (`JPEG`, `.png`)."""
    name = name.strip().lstrip(".").lower()
    return TYPES.get(_ALIASES.get(name, name))


def kind_of(name: str) -> str:
    """image, video, audio, text or file, for an extension as a provider writes it."""
    found = known(name)
    return found.kind if found is not None else "file"


def sniff(head: bytes) -> FileType | None:
    """The type that the first bytes show; None for bytes that we do not know."""
    name = _by_signature(head) or _iso_media(head) or _matroska(head) or _audio_frame(head)
    return TYPES.get(name or _textual(head) or "")


def decide(declared: str, head: bytes) -> FileType | None:
    """The type under which a result is stored, None when the bytes cannot be what was promised.

    Bytes with a signature are what they say. The provider's word (`declared`, an extension or "")
    counts only for formats without one, and never for a web page that came instead of a file.
    """
    found, promised = sniff(head), known(declared)
    if found is not None and found.is_media:
        return found
    if promised is not None and promised.is_media:
        return None
    if found is not None and found.extension in _SIGNED:
        return promised if promised == TYPES["usdz"] and found == TYPES["zip"] else found
    if found is not None and found.extension in ("html", "xml", "svg"):
        return found if promised == found else None
    if promised is None and found is not None and found.extension == "json":
        return None  # a service that reports its trouble with HTTP 200
    if found is None and promised is not None and promised.kind == "text":
        return TYPES["bin"]
    return promised or found or TYPES["bin"]


def _by_signature(head: bytes) -> str | None:
    for at, mark, name in _SIGNATURES:
        if head.startswith(mark, at) and (at == 0 or head.startswith(b"RIFF")):
            return name
    # Two letters are a weak mark, so a bitmap must also have the length that it says.
    is_bitmap = head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and len(head) > 26
    return "bmp" if is_bitmap else None


def _iso_media(head: bytes) -> str | None:
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand == b"qt  ":
        return "mov"
    if brand in (b"avif", b"avis"):
        return "avif"
    if brand[:2] == b"he" or brand in (b"mif1", b"msf1"):
        return "heic"
    return "m4a" if brand in (b"M4A ", b"M4B ") else "mp4"


def _matroska(head: bytes) -> str | None:
    if not head.startswith(b"\x1aE\xdf\xa3"):
        return None
    return "webm" if b"webm" in head[:64] else "mkv"


def _audio_frame(head: bytes) -> str | None:
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    is_layer_3 = head[1] & 0xE6 == 0xE2
    return "mp3" if is_layer_3 and head[2] >> 4 not in (0, 15) else None


def _textual(head: bytes) -> str | None:
    if b"\0" in head:
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML.match(text):
        return "html"
    if text.startswith((b"<?xml", b"<svg")):
        return "svg" if b"<svg" in text else "xml"
    if text.startswith((b"{", b"[")):
        return "json"
    return "txt" if text and _is_utf8(head) else None


def _is_utf8(head: bytes) -> bool:
    # A whole head may end inside a character; a shorter file may not.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return True

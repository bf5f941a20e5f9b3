"""Rules that hold for every template and every file that a page loads."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from webapp.i18n import our_catalogue
from webapp.resources import static_dir, templates_dir
from webapp.templating import environment

TEMPLATES = sorted(
    path.relative_to(templates_dir()).as_posix() for path in templates_dir().rglob("*.html")
)
BANNED = {
    "inline style": r"\sstyle\s*=",
    "inline script": r"<script(?![^>]*\ssrc=)",
    "inline handler": r"\son\w+\s*=\s*[\"']",
    "hx-on": r"hx-on",
    "code in a value": r"[\"']js:|javascript:",
    "a filter in a trigger": r"hx-trigger=\"[^\"]*\[",
    "hx-swap-oob leaks nodes with morph": r"hx-swap-oob|hx-select-oob",
    "hx-boost": r"hx-boost",
    "htmx 2 names": r"hx-disabled-elt|hx-ext\b|hx-history-elt|htmx:[a-z]+[A-Z]|hx-vars|\b286\b",
    "hx-preserve is lost outside Chromium": r"hx-preserve",
    "hx-disable loses the focus": r"hx-disable\b",
    "unescaped output": r"\|\s*safe\b|autoescape\s+false",
    "files from elsewhere": r"<(?:script|link|img|use)[^>]*(?:src|href)=\"(?:https?:)?//",
}


HTMX = {
    *("get", "post", "trigger", "target", "select", "swap", "push-url", "replace-url", "sync"),
    *("confirm", "include", "vals", "indicator", "status", "morph-skip"),
}
"""What we use of htmx (ux.md §1.7): few attributes, so that another version is a day's work."""
SWAPS = {"outerMorph", "innerMorph", "beforeend", "outerHTML", "delete", "none"}


def test_of_htmx_only_a_few_attributes_are_used() -> None:
    everything = "".join(map(_read, TEMPLATES))
    used = set(re.findall(r"[\s'\"]hx-([a-z-]+)(?::[a-z0-9]+)*=", everything))
    swaps = {value.split()[0] for value in re.findall(r'hx-swap="([^"]+)"', everything)}
    assert used, swaps
    assert used - HTMX == set()
    assert swaps - SWAPS == set()


def _read(name: str) -> str:
    return re.sub(r"\{#.*?#\}", "", (templates_dir() / name).read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("rule", BANNED)
def test_templates_keep_to_what_the_security_policy_and_htmx_4_allow(rule: str) -> None:
    broken = [name for name in TEMPLATES if re.search(BANNED[rule], _read(name))]
    assert broken == []


def test_the_rules_find_what_they_are_for() -> None:
    sample = {
        "inline style": '<p style="x">',
        "inline script": "<script>x</script>",
        "inline handler": '<p onclick="x">',
        "hx-on": '<p hx-on:click="x">',
        "code in a value": "hx-vals='js:x'",
        "a filter in a trigger": 'hx-trigger="every 2s [x]"',
        "hx-swap-oob leaks nodes with morph": '<p hx-swap-oob="true">',
        "hx-boost": "hx-boost",
        "htmx 2 names": "htmx:afterSwap",
        "hx-preserve is lost outside Chromium": "<video hx-preserve>",
        "hx-disable loses the focus": '<button hx-disable="this">',
        "unescaped output": "{{ x|safe }}",
        "files from elsewhere": '<img src="https://x">',
    }
    assert [rule for rule in BANNED if not re.search(BANNED[rule], sample[rule])] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_template_compiles(language: str) -> None:
    made = environment(our_catalogue(), language)
    for name in TEMPLATES:
        made.get_template(name)


def test_htmx_is_the_file_that_was_recorded() -> None:
    vendor = static_dir() / "vendor"
    digest = hashlib.sha256((vendor / "htmx-4.0.1.min.js").read_bytes()).hexdigest()
    assert digest in (vendor / "README.md").read_text()


SINKS = {
    "htmx 2 names": BANNED["htmx 2 names"],
    "text that becomes markup": r"\.(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write",
    "text that becomes code": r"\beval\(|new Function|set(?:Timeout|Interval)\(\s*[\"'`]|import\(\s*[^\"']",
    "a handler from text": r"setAttribute\(\s*[\"'`]on|javascript:",
    "a style from text": r"setAttribute\(\s*[\"'`]style|\.cssText",
    "messages from other windows": r"addEventListener\(\s*[\"']message|\.postMessage\(",
}


def _scripts() -> list[Path]:
    return [static_dir() / "app.js", *sorted((static_dir() / "js").glob("*.js"))]


@pytest.mark.parametrize("rule", SINKS)
def test_no_script_of_ours_makes_text_act(rule: str) -> None:
    assert [path.name for path in _scripts() if re.search(SINKS[rule], path.read_text())] == []


def test_the_rules_for_scripts_find_what_they_are_for() -> None:
    sample = {
        "htmx 2 names": "document.addEventListener('htmx:afterSwap', count)",
        "text that becomes markup": "box.innerHTML = text",
        "text that becomes code": "setTimeout('x()')",
        "a handler from text": "a.setAttribute('onclick', x)",
        "a style from text": "a.style.cssText = x",
        "messages from other windows": "addEventListener('message', f)",
    }
    assert [rule for rule in SINKS if not re.search(SINKS[rule], sample[rule])] == []


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (static_dir() / "icons.svg").read_text()))
    used: set[str] = set()
    for name in TEMPLATES:
        used |= set(re.findall(r"icon\(\"([\w-]+)\"", _read(name)))
    assert used
    assert used - sprite == set()


def test_scripts_and_styles_stay_small() -> None:
    # What every page loads (ux.md §2.2); what one page alone needs is in a file of its own.
    assert (static_dir() / "app.css").stat().st_size < 20_480
    for sheet in static_dir().glob("*.css"):
        assert sheet.stat().st_size < 20_480, sheet.name
    for script in [static_dir() / "app.js", *(static_dir() / "js").glob("*.js")]:
        assert len(script.read_text().splitlines()) < 300, script.name


def test_colours_live_in_the_tokens_alone() -> None:
    css = (static_dir() / "app.css").read_text()
    tokens = css[css.index("@layer tokens {") : css.index("@layer base {")]
    everything = "".join(sheet.read_text() for sheet in static_dir().glob("*.css"))
    found = re.findall(r"#[0-9a-f]{3,8}\b", everything.replace(tokens, ""), flags=re.IGNORECASE)
    assert found == []


def test_states_have_readable_colours() -> None:
    """Text at least 4.5:1 on its background, in both themes."""
    css = (static_dir() / "app.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)", css)
    pairs = {name: (light, dark) for name, light, dark in found}
    for state in ("queued", "running", "completed", "failed", "partial", "cancelled"):
        for theme in (0, 1):
            assert _contrast(pairs[state][theme], pairs[f"{state}-bg"][theme]) >= 4.5, state
    for theme in (0, 1):
        assert _contrast(pairs["text"][theme], pairs["bg"][theme]) >= 7
        assert _contrast(pairs["muted"][theme], pairs["bg"][theme]) >= 4.5
        assert _contrast(pairs["on-ink"][theme], pairs["ink"][theme]) >= 7


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

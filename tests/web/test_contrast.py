"""Text is readable on its ground in both themes: WCAG 2.1 AA, 4.5 to 1 for text and 3 to 1 for marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from denghuo.web import states

CSS = Path(states.__file__).parent / "static" / "web" / "denghuo.css"
DEMAND_CSS = Path(states.__file__).parents[1] / "apps/workforce/static/workforce/demand.css"
GROUNDS = ("paper", "surface", "surface-2")
TEXTS = ("ink", "ink-2", "ink-3", "link", "lamp-ink", "danger")
PAIRS = [(text, ground) for text in TEXTS for ground in GROUNDS]
PAIRS += [(tone, f"{tone}-soft") for tone in states.TONES]
PAIRS += [(tone, "surface") for tone in states.TONES]
PAIRS += [
    ("action-ink", "action"),
    ("action-ink", "action-hover"),
    ("lamp-ink", "lamp-soft"),
    ("ink", "lamp-soft"),
    ("ink-2", "neutral-soft"),
    ("ink", "neutral-soft"),
    ("ink-2", "muted-soft"),
    ("ink", "sunken"),
    ("surface", "danger"),
]
PAIRS += [("ink-2", f"{tone}-soft") for tone in states.TONES]
MARKS = [(mark, ground) for mark in ("line-strong", "focus") for ground in GROUNDS]


def tokens(theme: str) -> dict[str, str]:
    text = CSS.read_text(encoding="utf-8")
    block = re.search(rf'\[data-bs-theme="{theme}"\] {{\n  --dh-paper(.*?)\n}}', text, re.S)
    assert block is not None
    return dict(re.findall(r"--dh-([\w-]+): (#[0-9a-f]{6});", "  --dh-paper" + block.group(1)))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_reaches_aa(theme: str) -> None:
    colours = tokens(theme)
    weak = {f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2) for text, ground in PAIRS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def mixed(colour: str, share: float, ground: str) -> str:
    """``color-mix(in srgb, colour share%, ground)``."""
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_level_of_the_staffing_heat_map_is_readable(theme: str) -> None:
    colours = tokens(theme)
    levels = re.findall(
        r"\.wf-l(\d) .*?var\(--dh-([\w-]+)\) (\d+)%, var\(--dh-([\w-]+)\)", DEMAND_CSS.read_text(encoding="utf-8")
    )
    assert [level for level, *_ in levels] == ["1", "2", "3", "4", "5"]
    ratios = {
        level: contrast(colours["ink"], mixed(colours[tone], int(share) / 100, colours[ground]))
        for level, tone, share, ground in levels
    }
    assert {level: ratio for level, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_of_controls_and_focus_rings_are_visible(theme: str) -> None:
    colours = tokens(theme)
    weak = {f"{mark} on {ground}": round(contrast(colours[mark], colours[ground]), 2) for mark, ground in MARKS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("#c9d1d9", "#141c25"),
        ("#98a5b2", "#141c25"),
        ("#ffd58a", "#2a3644"),
        ("#1a1305", "#f0ad3e"),
        ("#c9d1d9", "#1d2936"),
        ("#1a1305", "#e39a1c"),
    ],
)
def test_fixed_colours_of_the_frames_reach_aa(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5

"""Build the icon sprite from the names in ``icons.txt``: ``python -m denghuo.web.icons``.

One small file with the icons in use instead of a font with five thousand. The sprite is committed,
so only somebody who adds an icon needs ``node_modules``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = HERE / "icons.txt"
SPRITE = HERE / "static" / "web" / "icons.svg"
#: drawn for this product; kept beside the package's icons in the same 24-unit grid
OWN = {
    "denghuo": (
        '<path d="M12 3.2v2.3"/><path d="M8.2 5.5h7.6"/>'
        '<path d="M8.4 5.5c-2.3 1.7-3.6 4.1-3.6 6.7s1.3 5 3.6 6.7h7.2c2.3-1.7 3.6-4.1 3.6-6.7s-1.3-5-3.6-6.7"/>'
        '<path d="M8.2 18.9h7.6"/><path d="M12 18.9v2.3"/>'
        '<path d="M12 8.9c1.7 1.6 2.3 2.8 2.3 3.9a2.3 2.3 0 0 1-4.6 0c0-1.1.6-2.3 2.3-3.9z" '
        'fill="currentColor" stroke="none"/>'
    ),
    "transformer": (
        '<path d="M12 2v4"/><circle cx="12" cy="9.5" r="3.5"/><circle cx="12" cy="14.5" r="3.5"/><path d="M12 18v4"/>'
    ),
}


@lru_cache(maxsize=1)
def known_icons() -> frozenset[str]:
    """Names that the committed sprite holds."""
    return frozenset(NAMES.read_text().split()) | frozenset(OWN)


def symbol(name: str, svg: str) -> str:
    """Turn one icon file into a ``<symbol>``; the invisible bounding-box path is dropped."""
    body = re.sub(r"(?s)^.*?<svg.*?>|</svg>.*$", "", svg)
    body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", body)
    body = re.sub(r"\s*\n\s*", "", body).replace(" />", "/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body.strip()}</symbol>'


def build(source: Path) -> str:
    """Return the sprite's text; ``source`` is the package's ``icons/outline`` folder.

    Raises FileNotFoundError when a listed icon is not in the package.
    """
    symbols = [symbol(name, (source / f"{name}.svg").read_text()) for name in sorted(NAMES.read_text().split())]
    symbols += [symbol(name, f"<svg>{body}</svg>") for name, body in OWN.items()]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def main() -> None:
    """Write the sprite in place."""
    source = HERE.parents[2] / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
    SPRITE.write_text(build(source))
    print(f"{len(known_icons())} icons, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()

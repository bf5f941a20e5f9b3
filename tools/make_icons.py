"""Build static/icons.svg: the Lucide icons that the pages use, as one sprite.

    npm pack lucide-static@1.62.0 && tar xzf lucide-static-1.62.0.tgz
    python tools/make_icons.py package/icons

Add a name to NAMES, run it again, commit the sprite.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

NAMES = """
arrow-down arrow-right arrow-up ban check chevron-left chevron-right circle-alert circle-check
circle-play circle-question-mark circle-x clock cloud-download contrast copy download ellipsis
external-link eye file-text film flask-conical hard-drive image images info key-round languages
layers layout-grid link list loader-circle log-out moon pause pencil play plus receipt repeat rotate-ccw
save search settings square star sun sun-moon trash-2 triangle-alert upload user users video wand-sparkles x
"""

SPRITE = Path(__file__).resolve().parent.parent / "static" / "icons.svg"


def symbol(name: str, source: str) -> str:
    """One <symbol>: the drawing alone; colour and width come from the .icon class."""
    drawing = source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]
    drawing = re.sub(r"\s+", " ", drawing).replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def main(folder: Path) -> None:
    symbols = [symbol(name, (folder / f"{name}.svg").read_text()) for name in NAMES.split()]
    head = '<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide 1.62.0, ISC licence -->'
    SPRITE.write_text("\n".join([head, *symbols, "</svg>", ""]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

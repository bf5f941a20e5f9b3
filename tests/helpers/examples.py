"""How many random examples a test tries."""

from __future__ import annotations

import os

VARIABLE = "EXAMPLES_TIMES"


def examples(few: int) -> int:
    """A few, so that all tests together stay quick; by hand as many times more as EXAMPLES_TIMES says."""
    return few * int(os.environ.get(VARIABLE, "1"))

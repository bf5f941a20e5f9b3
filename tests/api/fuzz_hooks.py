"""Read by schemathesis, not by pytest: leads calls to missions and items that there are."""

from __future__ import annotations

from typing import Any

import schemathesis

MISSIONS = 5
ITEMS = 3


@schemathesis.hook
def map_path_parameters(_context: schemathesis.HookContext, path_parameters: Any) -> Any:
    """Any whole number stands for one of the first missions; some stay as they are."""
    for name, many in (("mission_id", MISSIONS), ("item_index", ITEMS)):
        number = (path_parameters or {}).get(name)
        if type(number) is int and number > 0 and number % 7:
            path_parameters[name] = 1 + number % many
    return path_parameters

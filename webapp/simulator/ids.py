"""Task ids like the platform's: 19 digits, ever increasing."""

import time

_EPOCH_MS = 1_288_834_974_657


class TaskIds:
    """Snowflake-like; ids of a restarted simulator come after those of the one before."""

    def __init__(self) -> None:
        self._last = 0

    def skip_to(self, task_id: str) -> None:
        """Later ids come after `task_id`, whatever the clock says."""
        self._last = max(self._last, int(task_id))

    def take(self) -> str:
        """The next id, as the string it is on the wire (it does not fit a JavaScript number)."""
        fresh = (int(time.time() * 1000) - _EPOCH_MS) << 22
        self._last = max(self._last + 1, fresh)
        return str(self._last)

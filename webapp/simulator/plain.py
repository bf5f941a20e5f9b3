"""One small ready file per type, for measurements in which drawing must not count."""

import functools

from webapp.simulator import painter


@functools.lru_cache(maxsize=8)
def result(extension: str) -> bytes:
    """The same bytes for every task."""
    sketch = painter.Sketch("simulator", "1:1", extension, small=True, seconds=1.0)
    return painter.draw(sketch)

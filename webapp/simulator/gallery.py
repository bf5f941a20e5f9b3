"""Result files: drawn when first asked for, kept for a while."""

import asyncio
from collections import OrderedDict
from concurrent.futures import Executor
from typing import Any

from webapp.simulator import painter, plain
from webapp.simulator.formats import inline_bytes
from webapp.simulator.tasks import Task
from webapp.simulator.world import World

MIME_TYPES = {"png": "image/png", "jpg": "image/jpeg", "mp4": "video/mp4"}


class Gallery:
    """A cache in front of the painter; at most as many drawings at once as `executor` allows."""

    def __init__(self, world: World, executor: Executor) -> None:
        self._world = world
        self._executor = executor
        self._cache: OrderedDict[Any, bytes] = OrderedDict()
        self._cached_bytes = 0
        self._drawing: dict[Any, asyncio.Future[bytes]] = {}

    async def result(self, task: Task, index: int) -> bytes:
        """The bytes of one result; the same ones every time."""
        extension = task.extensions()[index]
        if self._world.config.plain_results:
            return await self._made(extension, plain.result, extension)
        sketch = self._sketch(task, index, extension)
        return await self._made((task.task_id, index), painter.draw, sketch)

    def _sketch(self, task: Task, index: int, extension: str) -> painter.Sketch:
        body = task.body
        urls = task.model.pictures(body)
        upload = self._world.uploads.behind(urls, self._world.clock.now())
        return painter.Sketch(
            prompt=task.prompt,
            ratio=str(body.get("aspectRatio", "auto")),
            extension=extension,
            variant=index,
            seconds=3.0 if body.get("duration") == "15" else 2.0,
            source=upload.data if upload else next(filter(None, map(inline_bytes, urls)), None),
            wants_source=bool(urls),
        )

    async def _made(self, name: Any, make: Any, argument: Any) -> bytes:
        """From the cache, from a drawing already under way, or drawn now."""
        if name in self._cache:
            self._cache.move_to_end(name)
            return self._cache[name]
        if name not in self._drawing:
            loop = asyncio.get_running_loop()
            drawing = loop.run_in_executor(self._executor, make, argument)
            self._drawing[name] = drawing
            drawing.add_done_callback(lambda _: self._drawing.pop(name, None))
        data: bytes = await asyncio.shield(self._drawing[name])
        self._keep(name, data)
        return data

    def _keep(self, name: Any, data: bytes) -> None:
        if name in self._cache:
            return
        self._cache[name] = data
        self._cached_bytes += len(data)
        while self._cached_bytes > self._world.config.cache_mb * 2**20:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped)

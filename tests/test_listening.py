"""The socket that the program listens on."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from webapp.server.listening import bind


async def accept_one() -> bool:
    """Whether the server's end of a connection sends at once what it is given."""
    found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def meet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        found.set_result(bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        writer.close()
        await writer.wait_closed()

    listening = bind("127.0.0.1", 0)
    async with await asyncio.start_server(meet, sock=listening):
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        await reader.read()
        writer.close()
        await writer.wait_closed()
    return await found


def test_no_answer_waits_until_its_reader_has_confirmed_the_first_half() -> None:
    """Else each takes 40 ms longer: its head and its body are two packets."""
    with ThreadPoolExecutor(1) as thread:  # this one's loop may be a browser's
        assert thread.submit(asyncio.run, accept_one()).result()

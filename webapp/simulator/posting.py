"""A JSON POST that lives in the event loop, so that stopping never waits for a receiver."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit


async def post_json(url: str, body: dict[str, Any]) -> int:
    """Send `body` and return the HTTP status; OSError or ValueError if there is none."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=is_tls or None)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        writer.write(_request(target, parts.netloc.rpartition("@")[2], body))
        await writer.drain()
        return int((await reader.readline()).split()[1])
    except IndexError as error:
        raise ValueError("not an HTTP answer") from error
    finally:
        writer.close()


def _request(target: str, host: str, body: dict[str, Any]) -> bytes:
    payload = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + payload

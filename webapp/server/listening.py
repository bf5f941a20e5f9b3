"""Before the server starts: may it listen there, is the port free, can the data folder be written?"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from webapp.messages import Message, msg
from webapp.server.cannot_start import CannotStart


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_bind(host: str, accounts: Callable[[], bool]) -> None:
    """Raises CannotStart for an address that others can reach while there are no `accounts`, which is
    asked only then. May block: a name is looked up."""
    if is_loopback(host):
        return
    if not _is_here(host):
        raise CannotStart(
            msg("HOST %(host)s is no address of this machine. Use --host 127.0.0.1.", host=host)
        )
    if not accounts():
        raise CannotStart(
            msg(
                "HOST %(host)s can be reached from other machines, and there are no accounts yet, "
                "so anybody could spend your money. Make one first: "
                "webapp user add NAME --role admin. Or use --host 127.0.0.1.",
                host=host,
            )
        )


def _is_here(host: str) -> bool:
    with socket.socket(_family(host)) as sock:
        try:
            sock.bind((host, 0))
        except (OSError, UnicodeError):  # the second: a name that no name can be
            return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def prepare_folder(folder: Path, setting: str = "DATA_DIR") -> None:
    """Make a folder that `setting` names, for its owner only, and try to write. Raises CannotStart."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStart(
            msg(
                "The folder %(folder)s cannot be written (%(reason)s). "
                "Correct its rights or set %(setting)s to another folder.",
                folder=folder,
                setting=setting,
                reason=error.strerror,
            )
        ) from error


def bind(host: str, port: int) -> socket.socket:
    """A listening address; port 0 takes a free one. Raises CannotStart when it is taken."""
    # Said to be TCP, or asyncio would let each answer's last packet wait for the reader's confirmation
    # of the one before: 40 ms.
    sock = socket.socket(_family(host), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share one port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        # Listening now, so that two starts at the same moment cannot both get this far.
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise CannotStart(_why_not_bound(host, port, error)) from error
    return sock


def _why_not_bound(host: str, port: int, error: OSError) -> Message:
    if error.errno == errno.EADDRINUSE:
        return msg(
            "Port %(port)s is taken by another program. Start with --port 0 for a free one, "
            "or stop the other program.",
            port=port,
        )
    return msg(
        "%(host)s port %(port)s cannot be used (%(reason)s). Choose others with --host and --port.",
        host=host,
        port=port,
        reason=error.strerror,
    )


def address_of(sock: socket.socket) -> str:
    """The URL under which a bound socket answers."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

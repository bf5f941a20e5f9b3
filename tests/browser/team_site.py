"""A site with accounts, as a process of its own, and a stranger's site beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.processes import ServerProcess
from tests.cli.test_users import PASSWORD, add
from tests.helpers.program import environment

NAME = "team.test"
"""Under this name the site is called as in a local network: plain http, and not this machine."""


@contextmanager
def team_site(folder: Path) -> Iterator[ServerProcess]:
    """Anna is an admin, Ben a member; the built-in simulator stands in for RunningHub."""
    add(folder, "Anna", "--role", "admin")
    add(folder, "Ben")
    arguments = ["webapp", "serve", "--no-open", "--port", "0"]
    data_dir = environment(folder)["DATA_DIR"]
    with ServerProcess(arguments, folder, data_dir=data_dir, allowed_hosts=NAME) as process:
        yield process


def sign_in(page: Page, name: str = "Ben") -> None:
    """Fill in the form that is open, and send it."""
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def other_site(html: str) -> Iterator[str]:
    """Another website on this machine, with one page; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()

"""The demo's provider: the built-in simulator speaks RunningHub's interface, but it is not RunningHub.

Under a name of its own, nothing that was made for the demo is ever sent to an account that pays, and
no task of an account is ever asked for, and taken for lost, in the demo.
"""

from __future__ import annotations

from webapp.providers.runninghub import RunningHub


class Simulated(RunningHub):
    """RunningHub's client, pointed at the simulator."""

    name = "simulator"

"""A stand-alone simulator of RunningHub's v2 interface."""

from webapp.simulator.config import KeyKind, SimulatorConfig
from webapp.simulator.server import Simulator

__all__ = ["KeyKind", "Simulator", "SimulatorConfig"]

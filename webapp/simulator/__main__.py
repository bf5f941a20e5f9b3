"""python -m webapp.simulator: serve until interrupted."""

import argparse
import logging
import signal
import sys
import threading
from decimal import Decimal
from pathlib import Path

from webapp.simulator.config import SimulatorConfig
from webapp.simulator.server import Simulator


def parse(arguments: list[str] | None = None) -> SimulatorConfig:
    """The command line as a config."""
    parser = argparse.ArgumentParser(prog="python -m webapp.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--speed", type=float, default=1.0, help="divides every duration")
    parser.add_argument("--key", help="the only good key; without it every key is good")
    parser.add_argument("--concurrency", type=int, default=50, help="tasks at once per key")
    parser.add_argument("--balance", type=Decimal, default=Decimal(1000), help="CNY per key")
    parser.add_argument("--link-hours", type=float, default=24.0, help="life of file links")
    parser.add_argument("--plain-results", action="store_true", help="do not draw (benchmarks)")
    parser.add_argument("--seed", type=int, help="makes durations repeatable")
    parser.add_argument("--state-dir", type=Path, help="remember tasks and uploads in this folder")
    return SimulatorConfig(**vars(parser.parse_args(arguments)))


def main() -> None:
    """Serve until SIGINT or SIGTERM. Exits with 2 when it cannot listen or cannot remember."""
    logging.basicConfig(level=logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    config = parse()
    simulator = Simulator(config)
    try:
        simulator.start()
    except OSError as error:
        where = f"{config.host} port {config.port}"
        print(f"The simulator cannot start at {where}: {error.strerror}.", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"RunningHub simulator at {simulator.url}", flush=True)
        stop.wait()
    finally:
        simulator.stop()


if __name__ == "__main__":
    main()

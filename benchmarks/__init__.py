"""What the program must reach, measured: real servers, real HTTP, our own simulator.

    python -m benchmarks              all of them, about six minutes
    python -m benchmarks pace pages   only these
    python -m benchmarks --quick      small numbers, to see that everything still runs

Times depend on the machine, so most figures are ratios to something that is measured beside them:
the best possible time, a plain pool of threads, bare SQL. A missed target is shown and is no
error: the exit code is non-zero only when a benchmark could not run.
"""

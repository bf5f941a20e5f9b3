"""What the program must reach, measured: real servers, real HTTP, our own simulator.

    python -m benchmarks              all of them, about six minutes
    python -m benchmarks pace pages   only these
    python -m benchmarks --quick      small numbers, to see that everything still runs

Times depend on the machine, so beside them stand ratios to something that is measured in the same
run: the best possible time, a plain pool of threads, bare SQL, /health, a bare socket. The exit code
is 1 when a target was missed or a benchmark could not run.
"""

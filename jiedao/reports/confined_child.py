"""Run one of our programs with little processor time and memory.

Run as `python -I confined_child.py LIMITS PROGRAM ARGUMENT...`; LIMITS is JSON with `megabytes`,
`seconds` and `niceness`. The program finds its arguments in `sys.argv` as usual.
"""

import json
import os
import resource
import runpy
import sys


def main() -> None:
    limits = json.loads(sys.argv[1])
    memory, seconds = limits["megabytes"] * 1024 * 1024, limits["seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The first ends it with a signal of its own.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    os.nice(limits["niceness"])
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()

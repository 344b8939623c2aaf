"""Runs a program that dies with the process that started it: `python leash.py PARENT_PID PROGRAM [ARGUMENT ...]`.

On Linux the kernel kills the program when its parent is gone, even by `kill -9`; the program keeps the pid of this
script. Elsewhere there is no such promise: the program goes on until the next start on the same state directory
finds it by its pid file and stops it.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        # SIGKILL, because nobody is left to wait for a slow farewell; the server's write-ahead log survives it.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent process ended before the program began")
    os.execv(program[0], program)  # noqa: S606 - the caller chose the program; no shell is wanted


if __name__ == "__main__":
    main()

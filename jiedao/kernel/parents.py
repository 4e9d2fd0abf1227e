"""Processes that end with the one that started them, however that one ends.

Otherwise a killed `jiedao demo` would leave a server that holds the port, and a worker that goes on. This module
imports nothing of Django, as the first process of the server does not load it.
"""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
END_SECONDS = 15  # that a process has for the work at hand


def end_with_parent(parent: int) -> None:
    """Let this process end when the process `parent`, which started it, ends.

    Linux sends SIGTERM at once; elsewhere a thread looks every second and sends it. Where the work at hand does not end
    in time, the thread ends the process.
    """
    is_notified = sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) == 0
    if os.getppid() != parent:  # it ended before
        is_notified = False

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        if not is_notified:  # a second signal would interrupt the work at hand
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()

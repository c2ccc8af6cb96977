"""Where a server's log goes: to standard error, or to a file that is opened anew when it has been moved away."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class LogFile:
    """The file at `path`, which takes everything this process writes to standard output and standard error.

    What libraries and the interpreter itself write in an emergency goes there too. Without a path, nothing is done.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def open(self) -> None:
        """Write to the file from now on, making it when it is not there; raises `OSError` and goes on as before."""
        if self.path is None:
            return
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for standard in (1, 2):
                os.dup2(descriptor, standard)
        finally:
            os.close(descriptor)

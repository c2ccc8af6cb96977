"""The destination of a server's log: standard error, or a file that is reopened after it was moved away."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class LogFile:
    """The file at `path`, which takes everything this process writes to standard output and standard error.

    This includes emergency output of libraries and of the interpreter itself. Without a path, nothing is done.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def open(self) -> None:
        """Write to the file from now on, creating it if needed; on `OSError`, output goes on as before."""
        if self.path is None:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for standard in (1, 2):
                os.dup2(descriptor, standard)
        finally:
            os.close(descriptor)

"""Run a server in the foreground until it is told to stop, logging as JSON lines to standard error."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from certs.printing import encoding_of, json_text
from compose.local.processes import announce
from federation import clock
from federation.errors import HutongError
from federation.transport.connections import raise_descriptor_limit


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, where, what. Personal data is never logged."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = {
            "at": clock.stamp(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json_text(said, encoding=encoding_of(sys.stderr))


def serve(running: AbstractContextManager[int], home: Path) -> None:
    """Enter `running`, announce the port, and wait for SIGTERM or SIGINT."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("tuf", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    told = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: told.set())
    log = logging.getLogger("hutong")
    raise_descriptor_limit()
    try:
        with running as port:
            _spare_the_collector()
            announced = announce(home, port)
            log.info("serving on port %d", port)
            told.wait()
            announced.unlink(missing_ok=True)
    except HutongError as error:
        log.error("cannot serve: %s [%s]", error.message, error.reason)
        raise SystemExit(1) from None
    except (OSError, ValueError) as error:
        log.error("cannot serve: %s", error)
        raise SystemExit(1) from None
    log.info("stopped in order")


def _spare_the_collector() -> None:
    """Leave what was built at start out of every collection, and collect less often.

    Answering makes many short-lived objects and hardly a cycle: at the usual pace a tenth of the time goes
    into walking over the same modules, classes and tables again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 20)

"""Run a server in the foreground until a signal stops it, logging as JSON lines to standard error or a file."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from certs.printing import encoding_of, json_text
from compose.local.processes import announce
from compose.serve.log_file import LogFile
from compose.serve.signs import received
from federation.errors import HutongError
from federation.transport.connections import raise_descriptor_limit
from federation.transport.numbering import UNDER_WAY
from federation.values import clock
from server.own_certificate import Ending


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, where, what, and for which call. Personal data is never logged."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at": clock.stamp(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": record.getMessage(),
        }
        request, rpc = UNDER_WAY.get()
        if request:
            line |= {"request": request, "rpc": rpc}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json_text(line, encoding=encoding_of(sys.stderr))


def serve(
    running: AbstractContextManager[int], home: Path, *, ending: Ending, log_file: Path | None = None
) -> None:
    """Enter `running`, announce the port, and wait for SIGTERM, SIGINT or `ending`; SIGHUP reopens `log_file`.

    A relative `log_file` lies in `home`; without one the log goes to standard error, and SIGHUP changes nothing.
    """
    file = LogFile(home / log_file if log_file else None)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("tuf", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    log = logging.getLogger("hutong")
    raise_descriptor_limit()
    try:
        with received([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]) as signs:
            file.open()
            with running as port:
                _spare_the_collector()
                _take_turns()
                announced = announce(home, port)
                log.info("serving on port %d", port)
                ending.wakes(signs.stop)
                while signs.wait() == signal.SIGHUP:
                    _open_anew(file, log)
                announced.unlink(missing_ok=True)
                log.info("stopping: no more calls are taken, and those under way are finished")
            log.info("stopped in order")
        if ending.reason is not None:  # which has been logged
            raise SystemExit(1)
    except HutongError as error:
        log.error("cannot serve: %s [%s]", error.message, error.reason)
        raise SystemExit(1) from None
    except (OSError, ValueError) as error:
        log.error("cannot serve: %s", error)
        raise SystemExit(1) from None


def _open_anew(file: LogFile, log: logging.Logger) -> None:
    try:
        file.open()
    except OSError as error:
        log.warning("the log file cannot be opened anew, so the log stays where it is: %s", error)
    else:
        log.info("log opened anew")


def _take_turns() -> None:
    """Let threads take turns ten times as often as usual.

    A question reads the store a dozen times and waits for the interpreter after each read. While another thread
    computes, such as one with a page of an import, it would wait five milliseconds every time.
    """
    sys.setswitchinterval(0.0005)


def _spare_the_collector() -> None:
    """Exclude the objects built at start from garbage collection, and collect less often.

    Answering makes many short-lived objects and hardly any cycles: at the usual pace, a tenth of the time is
    spent on visiting the same modules, classes and tables again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 20)

"""Emptying of a store's write-ahead log after a deletion, as soon as nobody reads the deleted data any more (R45).

SQLite keeps deleted data in its write-ahead log until a checkpoint has emptied it, which a reader of an older state
prevents. An attempt never waits for readers or for the writer, so it delays nobody. A failed attempt is repeated in
the background, and every start makes one, in case a process was killed before it could empty the log.
"""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from federation.background.loop import Loop
from federation.background.retrying import Growing
from server.journal.engine import beginning

_LOGGER = logging.getLogger(__name__)
#: Seconds between two attempts while the log cannot be emptied.
PAUSES_S = Growing(0.02, 1.0)


class Scrubber:
    """Empties the write-ahead log of one store. A context manager."""

    def __init__(self, engine: Engine) -> None:
        self._engine = beginning(engine, "")
        self._attempting = threading.Lock()
        self._counting = threading.Lock()
        #: The number of requests so far, and the last of them that is done.
        self._wanted, self._done = 1, 0
        self._pauses = iter(PAUSES_S)
        self._loop = Loop("scrubbing", self._again, every_s=60.0)

    def __enter__(self) -> Self:
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.close()

    def scrub(self) -> None:
        """Empty the log of data deleted before this call: at once if nobody reads it, else later in the background."""
        with self._counting:
            self._wanted += 1
            mine = self._wanted
        if not self._attempt(mine):
            self._loop.wake()

    def _again(self) -> bool:
        """Try in the background; True while the log could not be emptied."""
        if self._attempt(self._wanted):
            self._pauses = iter(PAUSES_S)
            return False
        self._loop.rest(next(self._pauses))
        return True

    def _attempt(self, wanted: int) -> bool:
        """Try once, unless another attempt has covered this request meanwhile; True when it is done."""
        with self._attempting:
            if self._done >= wanted:
                return True
            covers = self._wanted
            if self._emptied():
                self._done = covers
                return True
            return False

    def _emptied(self) -> bool:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout=0").close()
                try:
                    # The first writes back as much as it can without waiting, so that the second is short.
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()
                    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                finally:
                    connection.exec_driver_sql("PRAGMA busy_timeout=10000").close()
        except SQLAlchemyError as error:
            _LOGGER.warning("the write-ahead log cannot be emptied now: %s", type(error).__name__)
            return False
        return not busy

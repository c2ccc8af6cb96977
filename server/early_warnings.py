"""From half of its time on, whatever ends and stops this server is named in its log, at the start and once a day.

That is its certificate, its signing key, its agency's authority, and each part of the charter that agencies sign. What
the publisher renews by itself every few hours has a warning of its own (`federation.charter.trust`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from certs.terms import TermKind, life_of, terms_of, terms_of_server
from federation.charter.trust import CharterTrust
from federation.errors import CharterUnusable
from federation.values.clock import stamp
from federation.values.identity import Installation

_LOGGER = logging.getLogger(__name__)
_DAY: Final = timedelta(days=1)
#: Days that end are looked at as often as this, since reading all metadata takes a moment.
_BETWEEN: Final = timedelta(hours=1)


class EarlyWarnings:
    """Looks at what ends of one server."""

    def __init__(
        self,
        *,
        certificate: Path,
        installation: Installation,
        trust: CharterTrust,
        now: Callable[[], datetime],
    ) -> None:
        self._certificate, self._installation, self._trust, self._now = certificate, installation, trust, now
        self._looked: datetime | None = None
        #: What was named -> when it was last.
        self._named: dict[str, datetime] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look now, and then as often as the charter is looked at, until the context ends."""
        self.look()
        with self._trust.after_looks(self.look):
            yield

    def look(self) -> None:
        """Name what is past half of its time, unless it was named less than a day ago; raises nothing."""
        at = self._now()
        if self._looked is not None and abs(at - self._looked) < _BETWEEN:
            return
        self._looked = at
        for what, half, says in self._ending():
            named = self._named.get(what)
            if at >= half and (named is None or abs(at - named) >= _DAY):
                self._named[what] = at
                _LOGGER.warning("past half of its time: %s", says)

    def _ending(self) -> Iterator[tuple[str, datetime, str]]:
        """Yield what ends, when half of its time is over, and what to say then."""
        try:
            half, ends = life_of(self._certificate.read_bytes())
        except (OSError, ValueError):
            pass  # half written or gone: whoever reads it for a handshake says so
        else:
            says = f"the certificate of {self._installation} ends at {stamp(ends)}: hutong certs renew, or keys next"
            yield "certificate", half, says
        try:
            charter, files = self._trust.current(), self._trust.files()
        except CharterUnusable:
            return  # it has expired, which every refusal says
        entry = charter.installations.get(self._installation)
        own = terms_of_server(charter, files, entry) if entry is not None else []
        parts = [term for term in terms_of(charter, files) if term.kind is TermKind.PART]
        for term in {term.says: term for term in (*own, *parts)}.values():
            yield f"{term.kind} {term.of}", term.half, term.says

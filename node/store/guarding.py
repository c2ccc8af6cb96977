"""The register of one node, guarded: its readers, the safeguard behind them, and the recounts; put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from node.store.planted import planted
from node.store.reading import Readers, open_reader, sealed_reader
from node.store.recounting import RECOUNT, Recounting
from node.store.rows import Sealer
from node.store.safeguard import Safeguard
from server.hosting import Host
from server.journal.journal import Journal
from server.journal.tally import BUCKETS
from server.stores.making import KEYS, counted_before, mark_counted


@dataclass(frozen=True, slots=True)
class Guarded:
    """The parts that a node's assembly needs."""

    readers: Readers
    safeguard: Safeguard
    recounting: Recounting
    #: The folder of the keys, in which a mark says that the register was counted once.
    folder: Path
    journal: Journal

    def begin(self) -> None:
        """Count the register of an earlier program for the first time, and look for rows that nobody wrote."""
        self.recounting.begin(counted_before=counted_before(self.folder))
        with self.journal.reading() as view:
            for what in list(planted(view)):
                self.safeguard.found(what)
        for table in ("person_link", "officer"):  # small, and relied on from the start
            self.safeguard.compare(table, 0, BUCKETS - 1)
        if not self.safeguard.findings:
            mark_counted(self.folder)


def guarding(host: Host, sealer: Sealer) -> Guarded:
    """Return the parts; `begin` comes before the first call."""
    journal = host.journal
    tally = journal.tally
    if tally is None:
        raise RuntimeError("the journal of a node keeps a tally")
    safeguard = Safeguard(journal, tally)
    recounting = Recounting(
        journal=journal,
        tally=tally,
        safeguard=safeguard,
        sealer=sealer,
        now=host.now,
        asked=host.settings.home / RECOUNT,
    )
    readers = Readers(
        open_reader(journal.engine, sealer.open_vault, safeguard),
        sealed_reader(journal.engine, sealer.sealed_vault, safeguard),
    )
    return Guarded(readers, safeguard, recounting, host.settings.home / KEYS, journal)

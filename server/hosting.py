"""The common start of nodes and gateways: trust, identity, journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.charter.trust import CharterTrust
from federation.values import clock
from federation.values.heads import Head
from federation.values.identity import Installation
from server.early_warnings import EarlyWarnings
from server.homelock import exclusive
from server.journal.journal import Journal, open_journal
from server.journal.migrating import Schema
from server.own_certificate import Ending, watching_own_certificate
from server.settings import ServerSettings
from server.stores.admission import admitted
from server.stores.head_file import NAME, HeadFile
from server.stores.key_checks import KeyRing
from server.stores.making import STORE
from server.stores.signing_key import KeyFollower, insist_own_signing_key, load_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The common parts on which a node or gateway is built."""

    settings: ServerSettings
    installation: Installation
    trust: CharterTrust
    signer: Signer
    journal: Journal
    #: The charter in force, as logged; in a command it raises `RuntimeError`, since a command uses that of its `Work`.
    charter: Callable[[], Charter]
    head_file: HeadFile
    #: The head in that file, if the log in the database does not contain it: then the database is an older copy.
    lost: Head | None
    now: Callable[[], datetime] = clock.now


@contextmanager
def hosting(
    settings: ServerSettings,
    *,
    ring: KeyRing,
    schemas: Sequence[Schema],
    tally_key: bytes | None = None,
    now: Callable[[], datetime] = clock.now,
    ending: Ending | None = None,
) -> Iterator[Host]:
    """Open the common parts; raises a `HutongError`, `OSError` or `ValueError` when the server must not start.

    `now` is the server's only clock, by which it judges charters, certificates and statements. `ending` is notified
    when a charter revokes the server's own certificate. With a `tally_key` the journal keeps a tally.
    """
    installation = Installation.parse(settings.installation)
    signer = load_signer(settings.signing_key, installation)
    trust = CharterTrust(
        settings.charter,
        settings.home / "charter",
        settings.charter_root,
        every=settings.charter_every_s,
        clock=now,
    )
    with (
        exclusive(settings.home),
        admitted(settings.home, ring) as admission,
        trust,
        KeyFollower(
            settings.signing_key, signer, trust, after_s=settings.signing_key_after_s, now=now
        ).following(),
        watching_own_certificate(settings.certificate, installation, trust, ending or Ending()),
        EarlyWarnings(
            certificate=settings.certificate, installation=installation, trust=trust, now=now
        ).watching(),
        open_journal(
            settings.home / STORE,
            body_key=ring.keys["journal"],
            charter=trust.current(),
            signer=signer,
            now=now,
            schemas=schemas,
            tally_key=tally_key,
        ) as journal,
        admission.watching(journal),
        trust.entered(journal.adopt),
    ):
        insist_own_signing_key(settings.signing_key, signer, trust.current(), at=now())
        head_file = HeadFile(settings.home / NAME)
        lost = head_file.lost(journal)

        def charter() -> Charter:
            journal.insist_outside()
            return trust.current()

        yield Host(
            settings=settings,
            installation=installation,
            trust=trust,
            signer=signer,
            journal=journal,
            charter=charter,
            head_file=head_file,
            lost=lost,
            now=now,
        )

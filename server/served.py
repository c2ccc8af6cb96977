"""The parts of a server run and served: layers around its calls, a port, start and stop on the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from typing import Any

from federation.errors import HutongError
from federation.evidence.entry import EntryKind
from federation.transport.access import Access, AccessRule
from federation.transport.layers import Layers, recorded, restricted, status
from federation.transport.materials import MaterialsSource
from federation.transport.numbering import numbered
from federation.transport.peer import PeerVerifier
from federation.transport.serving import Service, serving
from federation.v1 import charter_pb2_grpc, evidence_pb2_grpc
from federation.values.clock import stamp
from federation.values.identity import Installation
from server.figures import HeldFigures
from server.hosting import Host
from server.journal.checkpoints import CheckpointKeeper
from server.journal.collecting import EventCollector
from server.journal.fixed_checkpoints import FixedCheckpoints
from server.journal.work import Work
from server.part import Part
from server.services.charter import CharterServicer
from server.services.evidence import EvidenceServicer
from server.watching import Watch, watched

_LOGGER = logging.getLogger(__name__)


@contextmanager
def served(host: Host, parts: Sequence[Part], *, rules: Mapping[str, AccessRule]) -> Iterator[int]:
    """Run the parts in their order, serve them, and yield the bound port; they end in the reverse order.

    Start, refusals and an orderly stop are logged.
    """
    with ExitStack() as stack:
        for part in parts:
            for each in part.running:
                stack.enter_context(each)
        figures = HeldFigures([figure for part in parts for figure in part.figures], host.now)
        with _served(host, [service for part in parts for service in part.services], rules, figures) as port:
            yield port


@contextmanager
def _served(
    host: Host, services: Sequence[Service], rules: Mapping[str, AccessRule], figures: HeldFigures
) -> Iterator[int]:
    settings, journal, trust = host.settings, host.journal, host.trust

    def charter_version() -> int:
        return trust.current().version

    def refused(method: str, peer: Installation | None, error: HutongError) -> None:
        at = stamp(host.now())
        about: dict[str, Any] = {
            k: error.metadata[k] for k in ("officer", "application") if k in error.metadata
        }

        def command(work: Work) -> None:
            work.log.append(
                EntryKind.REFUSED,
                at=at,
                method=method,
                by=str(peer or ""),
                reason=error.reason,
                rules=sorted({v.rule for v in getattr(error, "violations", ())}),
                **about,
            )

        journal.run(command)

    def note(kind: EntryKind) -> None:
        at = stamp(host.now())
        journal.run(
            lambda work: work.log.append(
                kind,
                at=at,
                program=version("hutong"),
                charter_version=work.charter.version,
                charter_digest=work.charter.digest,
            )
        )

    peers = PeerVerifier(trust, host.now)
    access = Access(rules, host.installation.member)
    fixed = FixedCheckpoints(journal, every_s=settings.members_checkpoint_every_s, now=host.now)
    collecting = EventCollector(journal, every_s=settings.spreading_entry_every_s, now=host.now)
    evidence = EvidenceServicer(
        journal=journal,
        fixed=fixed,
        collecting=collecting,
        own=host.installation.member,
        charter_version=charter_version,
        now=host.now,
    )
    common = [
        Service.of(evidence_pb2_grpc.add_EvidenceServiceServicer_to_server, evidence),
        Service.of(charter_pb2_grpc.add_CharterServiceServicer_to_server, CharterServicer(trust=trust)),
    ]
    keeper = CheckpointKeeper(journal, fixed, charter_version=charter_version, keep=host.head_file.write)
    materials = MaterialsSource(settings.certificate, settings.key, trust)
    watch = Watch(trust, journal, materials, keeper.uncovered_s, figures)
    note(EntryKind.STARTED)
    with (
        collecting.running(),
        keeper.running(),
        serving(
            [*services, *common],
            address=settings.listen,
            certificate=settings.certificate,
            key=settings.key,
            trust=trust,
            layers=Layers(numbered, status, recorded(refused), restricted(access, peers)),
            streams=settings.streams,
            unary_workers=settings.unary_workers,
            request_bytes=max(rule.request_bytes for rule in rules.values()),
            max_connection_age_s=settings.max_connection_age_s,
            drain_s=settings.drain_s,
        ) as port,
        watched(settings.watch_listen, watch),
    ):
        yield port
    try:
        note(EntryKind.STOPPED)
    except HutongError as error:  # a server must be able to stop even when it cannot serve any more
        _LOGGER.warning("the log does not tell of this stop: %s", error.message)

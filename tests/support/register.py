"""A register on a real store, with profile and clock set by hand."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

from federation.charter.model import Charter, ProfilePeriod
from federation.evidence.entry import read_body
from federation.law.bases import load_bases
from federation.law.disclosure import Reach
from federation.v1 import query_pb2, registry_pb2, sealing_pb2
from federation.v1 import record_pb2 as pb
from federation.values.clock import now
from federation.values.identity import Installation
from node.announcing import schema as announcing_schema
from node.announcing.store import AnnouncementStore
from node.app import init
from node.asking.lookup import Found, Lookup, Wanted
from node.disclosures import schema as disclosure_schema
from node.disclosures.disclosures import Disclosures
from node.intake import schema as intake_schema
from node.officers import schema as officers_schema
from node.register import links_schema as identity_schema
from node.register.acts import Register
from node.register.co_offenders import CoOffenders
from node.register.distinctions import Distinctions
from node.register.entering import Registrar
from node.register.links import PersonLinks
from node.register.sealed_others import SealedOthers
from node.sealing import schema as runs_schema
from node.sealing.overseeing import RunOverseer
from node.sealing.resealing import Resealer
from node.sealing.run_store import RunStore
from node.sealing.tried import untried
from node.sealing.worklist import WorkList
from node.store import schema
from node.store.keys import NodeKeys
from node.store.reading import open_reader, sealed_reader
from node.store.records import SqliteRecords
from node.store.rows import Sealer
from server.journal.journal import Journal, open_journal
from server.journal.log import Once
from server.opening import Act
from tests.support.federation import SmallFederation

NODE = Installation.parse("police/node/police-1")
OLD, NEW = "opinion-2012", "practice-2022"
SHOW = sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW)


class RegisterUnderTest:
    """A register whose profile and clock are set by hand; what it does it does without any server."""

    def __init__(self, home: Path, *, agencies: Sequence[str] = ("police",)) -> None:
        self.home, self.at = home, now()
        init(home)
        self.federation = SmallFederation(home / "federation", agencies=agencies)
        self.party = self.federation.party(str(NODE))
        self.keys = NodeKeys.load(home / "keys")
        self.charter = _under(self.federation.charter(), OLD)
        self._stack = ExitStack()
        self.journal = self._open()

    @property
    def profile(self) -> str:
        """The sealing profile in force; setting it brings a charter of its own into force."""
        return self.charter.profiles[0].name

    @profile.setter
    def profile(self, name: str) -> None:
        self.charter = _under(self.charter, name)
        self.journal.adopt(self.charter)

    def close(self) -> None:
        """Close everything."""
        self._stack.close()

    def restarted(self) -> None:
        """Close everything and open it again, as a new process would."""
        self.close()
        self.journal = self._open()

    def resealing(self, page: int = 2) -> Resealer:
        """Return a run as a node that has just started has it."""
        return Resealer(register=self.shared(), installation=NODE, insist_sound=lambda: None, page=page)

    def oversee(
        self, asked: sealing_pb2.RunOversight, officer: str = "王警官"
    ) -> sealing_pb2.OverseeResponse:
        """Look at the runs, approve one or have it reversed, as an officer does."""
        return RunOverseer(register=self.shared(), wake=lambda: None).oversee(asked, act(officer))

    def the_run(self) -> sealing_pb2.ResealRun:
        """Return the run of today as officers see it."""
        return self.oversee(SHOW).runs[0]

    def approve(self) -> None:
        """Approve what the dry run of today found, as two officers."""
        asked = sealing_pb2.RunOversight(
            step=sealing_pb2.RUN_STEP_APPROVE, found=self.the_run().found, reason="核对无误"
        )
        for officer in ("王警官", "李警官"):
            self.oversee(asked, officer)

    def judge_anew(self) -> None:
        """Run to the end, with the approval of two officers where that is asked for."""
        run_out(self.resealing())
        if self.the_run().state == sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL:
            self.approve()
            run_out(self.resealing())

    def shared(self) -> Register:
        """Return what the parts of the register share."""
        sealer = Sealer(keys=self.keys)
        links = PersonLinks(sealer.link_vault)
        with self.journal.reading() as connection:
            links.load(connection)
        return Register(
            journal=self.journal,
            sealer=sealer,
            records=SqliteRecords(sealer=sealer),
            disclosures=Disclosures(vault=sealer.disclosure_vault, tokens=sealer.digest_tokens),
            links=links,
            agency="police",
            profile_on=lambda day: self.profile,
            now=lambda: self.at,
            allow_synthetic=True,
        )

    def others(self) -> SealedOthers:
        """Return what looks for sealed offenders of the same judgments."""
        shared = self.shared()
        runs = RunStore(shared.sealer.run_vault)
        return SealedOthers(register=shared, co_offenders=self._co_offenders(), untried=untried(runs))

    def _co_offenders(self) -> CoOffenders:
        sealer, engine = self.shared().sealer, self.journal.engine
        return CoOffenders(
            opened=open_reader(engine, sealer.open_vault), sealed=sealed_reader(engine, sealer.sealed_vault)
        )

    def enter(self, made: pb.Record) -> registry_pb2.Receipt:
        """Enter a record."""
        [outcome] = Registrar(register=self.shared()).enter([made], act())
        assert outcome.HasField("receipt"), outcome
        return outcome.receipt

    def look_up(self, subject: query_pb2.Subject, reach: Reach = Reach()) -> Found:  # noqa: B008  # a constant
        """Return what a question about `subject` finds."""
        [found] = self._lookup().look_up([Wanted.of(subject, reach)])
        return found

    def waiting(self, subject: query_pb2.Subject) -> list[str]:
        """Return the ids of the records that an application about `subject` waits for (A27)."""
        [found] = self._lookup().withheld([Wanted.of(subject, Reach())])
        return [stored.record_id.hex() for stored in found]

    def _lookup(self) -> Lookup:
        shared, engine = self.shared(), self.journal.engine
        return Lookup(
            lookup_key=self.keys.lookup,
            open_reader=open_reader(engine, shared.sealer.open_vault),
            sealed_reader=sealed_reader(engine, shared.sealer.sealed_vault),
            profile_on=shared.profile_on,
            now=shared.now,
            links=shared.links,
            case=shared.sealer.case,
            distinctions=Distinctions(lookup_key=self.keys.lookup, journal=self.journal),
            co_offenders=self._co_offenders(),
        )

    def statuses(self) -> Counter[str]:
        """Return how many records stand how."""
        shared = self.shared()
        readers = (
            open_reader(self.journal.engine, shared.sealer.open_vault),
            sealed_reader(self.journal.engine, shared.sealer.sealed_vault),
        )
        return Counter(str(stored.status) for reader in readers for stored in reader.all())

    def tasks(self) -> list[sealing_pb2.SealingTask]:
        """Return the work list as an officer sees it."""
        return self.worklist().show(sealing_pb2.SealingList(status=pb.SEALING_STATUS_WITHHELD), act())

    def worklist(self) -> WorkList:
        """Return the work list of decisions on sealing."""
        shared, engine = self.shared(), self.journal.engine
        return WorkList(
            register=shared,
            reader=sealed_reader(engine, shared.sealer.sealed_vault),
            opened=open_reader(engine, shared.sealer.open_vault),
            announced=AnnouncementStore(key=self.keys.wrap, lookup_key=self.keys.lookup),
            violation_certificates=lambda: self.charter.readings.violation_certificates,
            catalogue=load_bases(),
        )

    def runs(self) -> list[dict[str, object]]:
        """Return the log's entries of runs over all records."""
        entries = [read_body(entry.body) for entry in self.journal.entries(0, 1000)]
        return [dict(entry) for entry in entries if entry["kind"] == "retroactive_run"]

    def _open(self) -> Journal:
        return self._stack.enter_context(
            open_journal(
                self.home / "store.db",
                body_key=self.keys.journal,
                charter=self.charter,
                signer=self.party.signer,
                now=lambda: self.at,
                schemas=[
                    schema.SCHEMA,
                    disclosure_schema.SCHEMA,
                    identity_schema.SCHEMA,
                    announcing_schema.SCHEMA,
                    intake_schema.SCHEMA,
                    runs_schema.SCHEMA,
                    officers_schema.SCHEMA,
                ],
                tally_key=self.keys.tally,
            )
        )


def _under(charter: Charter, profile: str) -> Charter:
    """Return the next charter, under which `profile` has always applied."""
    return replace(charter, version=charter.version + 1, profiles=(ProfilePeriod(profile, date.min),))


def act(officer: str = "王警官") -> Act:
    """Return an act of an officer, by a request of its own."""
    client = Installation.parse("police/client/desk")
    return Act(client, officer, Once(os.urandom(32).hex(), os.urandom(16)))


def run_out(resealing: Resealer) -> int:
    """Run until nothing is due, and return in how many steps."""
    steps = 0
    while resealing.run_due():
        steps += 1
    return steps

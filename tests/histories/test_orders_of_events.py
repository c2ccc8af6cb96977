"""In no order do a correction, a merge, an import, a release notice and orders unseal a record by accident.

Each order is played on a real register about a person of its own, whose record is sealed by the rule, withheld for
want of facts, withheld while a run that would open it waits, or open. A record is open afterwards only if it was at
first and nobody sealed it, or if the last order was to unseal it on a listed ground. `HISTORIES=1` plays all 720
orders of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice, permutations
from pathlib import Path

import pytest

from federation.law.sealing import Status
from federation.v1 import identity_pb2, notice_pb2, registry_pb2, sealing_pb2
from federation.v1 import record_pb2 as pb
from federation.values.identity import MemberId
from node.identity.merging import PersonMerger
from node.intake.effects import Effects
from node.intake.matching import by_id
from node.register.correcting import RecordCorrections
from node.register.entering import Registrar
from node.sealing.ordering import SealOrders
from node.store.rows import CurrentRecord
from server.journal.work import Work
from tests.support.records import MINOR, Someone, case_number, record, without
from tests.support.register import NEW, OLD, RegisterUnderTest, act, run_out
from tests.unit.node.sealing.test_resealing import spanning

EVENTS = ("correction", "merge", "import", "release", "seal", "unseal")
#: Every so manieth order is played; a number without a common divisor with six gives each event each place.
EVERY = 1 if "HISTORIES" in os.environ else 37
RULING = pb.Instrument(kind=pb.INSTRUMENT_KIND_RULING, reference="再审1号", issuer="某区人民法院")
SIX_YEARS = pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=72)


def sealed(someone: Someone) -> pb.Record:
    return record(someone, "police", months=48)


def withheld(someone: Someone) -> pb.Record:
    made = without(record(someone, "police"), ["person.birth_date"], pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    made.person.identifiers[0].verification = pb.VERIFICATION_DECLARED
    return made


def waiting(someone: Someone) -> pb.Record:
    """Return what the old profile withholds and the new one opens."""
    made = spanning(pb.MAIN_ACTS_NO)
    made.person.CopyFrom(record(someone, "police").person)
    return made


def opened(someone: Someone) -> pb.Record:
    return record(someone, "police", months=72)


STARTS: dict[str, tuple[Callable[[Someone], pb.Record], date, Status]] = {
    "sealed by the rule": (sealed, MINOR, Status.SEALED),
    "withheld for want of facts": (withheld, MINOR, Status.WITHHELD),
    "withheld while a run waits": (waiting, date(2001, 1, 10), Status.WITHHELD),
    "open": (opened, MINOR, Status.OPEN),
}


class OnePerson:
    """A person with the record in question, and two open ones under two numbers, which an officer can merge."""

    def __init__(self, register: RegisterUnderTest, make: Callable[[Someone], pb.Record], born: date) -> None:
        self._register = register
        someone, same = Someone(born=born), Someone(born=born)
        self._made = make(someone)
        self._made.judgment_number.original = self._made.instrument.reference = case_number()
        self.record_id = register.enter(self._made).record_id
        self._others = [register.enter(record(each, "police", months=72)) for each in (someone, same)]

    def current(self) -> CurrentRecord:
        """Return where the record stands."""
        shared = self._register.shared()
        with self._register.journal.reading() as view:
            found = shared.records.by_id(view, bytes.fromhex(self.record_id))
        assert found is not None
        return found

    def do(self, event: str) -> None:
        """Have an event happen to the record."""
        getattr(self, event)()

    def correction(self) -> None:
        """An officer corrects what does not decide on sealing."""
        corrected = self._newest()
        corrected.person.household_division, corrected.person.household_as_of = "110108", "2019-01-01"
        amendment = registry_pb2.Amendment(
            record_id=self.record_id,
            expected_version=self.current().version,
            record=corrected,
            reason="更正户籍",
        )
        RecordCorrections(register=self._register.shared(), others=self._register.others()).amend(
            amendment, act()
        )

    def another_fact(self) -> None:
        """An officer corrects a fact that decides on sealing, without another outcome: an order to unseal is over."""
        corrected = self._newest()
        corrected.offences[0].conduct_from = corrected.offences[0].conduct_to
        corrected.offences.add().CopyFrom(corrected.offences[0])
        amendment = registry_pb2.Amendment(
            record_id=self.record_id,
            expected_version=self.current().version,
            record=corrected,
            reason="更正犯罪事实",
        )
        RecordCorrections(register=self._register.shared(), others=self._register.others()).amend(
            amendment, act()
        )

    def merge(self) -> None:
        """An officer finds that two numbers are one person's."""
        one, other = (
            identity_pb2.RecordVersion(record_id=r.record_id, expected_version=1) for r in self._others
        )
        keys = self._register.keys
        PersonMerger(
            register=self._register.shared(),
            others=self._register.others(),
            lookup_key=keys.lookup,
            wrap_key=keys.wrap,
        ).merge(identity_pb2.Merge(one=one, other=other, instrument=RULING, reason="同一人"), act())

    def import_(self) -> None:
        """The table from which it was entered is imported again, and another one with a term that would open it."""
        other, before = pb.Record(), self.current()
        other.CopyFrom(self._made)
        other.combined_penalty.CopyFrom(SIX_YEARS)
        other.offences[0].penalty.CopyFrom(SIX_YEARS)
        Registrar(register=self._register.shared()).enter([self._made, other, self._newest()], act())
        assert self.current() == before, "an import changes no record that is there"

    def release(self) -> None:
        """The prison tells of the release."""
        shared, before = self._register.shared(), self.current().version
        notice = notice_pb2.Notice(kind=notice_pb2.NOTICE_KIND_RELEASE, occurred_on="2023-06-01")
        notice.execution.add(kind=pb.EXECUTION_KIND_COMPLETED, on="2023-06-01", executor="某监狱")

        def command(work: Work) -> None:
            match = by_id(work.view, shared, bytes.fromhex(self.record_id))
            assert match is not None
            Effects(register=shared, own=MemberId("justice")).apply_to(
                work, match, notice, act(), shared.now()
            )

        self._register.journal.run(command)
        assert self.current().version == before + 1

    def seal(self) -> None:
        """A court has it sealed."""
        order = sealing_pb2.Sealing(
            record_id=self.record_id,
            expected_version=self.current().version,
            instrument=RULING,
            reason="法院通知封存",
        )
        SealOrders(register=self._register.shared(), at_exactly_five=lambda: False).seal(order, act())

    def unseal(self) -> None:
        """A retrial has raised the term above five years."""
        order = sealing_pb2.Unsealing(
            record_id=self.record_id,
            expected_version=self.current().version,
            ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
            combined_penalty=SIX_YEARS,
            instrument=RULING,
            reason="再审改判",
        )
        SealOrders(register=self._register.shared(), at_exactly_five=lambda: False).unseal(order, act())

    def _newest(self) -> pb.Record:
        shared, current = self._register.shared(), self.current()
        with self._register.journal.reading() as view:
            newest = shared.records.newest(view, current).record
        copied = pb.Record()
        copied.CopyFrom(newest)
        return copied


def orders() -> Iterator[tuple[str, ...]]:
    return islice(permutations(EVENTS), 0, None, EVERY)


@pytest.mark.parametrize("start", STARTS)
def test_r45_nothing_is_unsealed_by_accident_in_any_order_of_events(start: str, tmp_path: Path) -> None:
    make, born, at_first = STARTS[start]
    register = RegisterUnderTest(tmp_path, agencies=("police", "justice"))
    played = [(OnePerson(register, make, born), order) for order in orders()]
    if start == "withheld while a run waits":
        register.profile = NEW
        run_out(register.resealing())
    else:
        assert register.profile == OLD
    for person, order in played:
        assert person.current().status is at_first
        expected = at_first
        for number, event in enumerate(order):
            person.do("import_" if event == "import" else event)
            expected = {"seal": Status.SEALED, "unseal": Status.OPEN}.get(event, expected)
            assert person.current().status is expected, " then ".join(order[: number + 1])


@pytest.mark.parametrize("start", ["sealed by the rule", "open"])
def test_r45_what_was_sealed_by_order_stays_sealed_whatever_fact_is_corrected(
    start: str, tmp_path: Path
) -> None:
    make, born, _ = STARTS[start]
    register = RegisterUnderTest(tmp_path, agencies=("police", "justice"))
    later = permutations(("correction", "another_fact", "merge", "import_", "release"))
    for order in islice(later, 0, None, 13):
        person = OnePerson(register, make, born)
        person.seal()
        for number, event in enumerate(order):
            if event == "import_" and "another_fact" in order[:number]:
                continue  # the table no longer holds what stands
            person.do(event)
            assert person.current().status is Status.SEALED, " then ".join(["seal", *order[: number + 1]])
    register.close()


def test_every_event_comes_at_every_place() -> None:
    for place in range(len(EVENTS)):
        assert {order[place] for order in orders()} == set(EVENTS)

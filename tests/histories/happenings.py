"""What may happen in a history: agencies enter, correct, withdraw, seal and unseal; lines break, time goes by."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count, cycle
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from federation.errors import AlreadyExists, InvalidRequest
from federation.law.sealing import Profile
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from tests.histories import facets
from tests.histories.facets import Person
from tests.histories.registrations import Held, Visible
from tests.histories.world import Template, World
from tests.support import asking

_dockets = count(1000)
COURT_ORDER = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="（2021）封1号", issuer="北京市朝阳区人民法院"
)
SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)
_FIVE_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=60)
FORMS = ("both", "number", "name")
PURPOSES: dict[str, tuple[str, Callable[[pb.Subject], pb.Query]]] = {
    "case": ("police", asking.case),
    "defence": ("justice", asking.defence),
    "own": ("police", asking.own),
    "public TCH-14": ("police", lambda s: asking.public(s, "TCH-14")),
    "public ACC-38": ("procuratorate", lambda s: asking.public(s, "ACC-38")),
}


class Happenings(RuleBasedStateMachine):
    """One person, up to two judgments, four agencies."""

    template: ClassVar[Template]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.home))
        self.world: World = self.template.copy(self.folder, self.stack)
        self.docket = next(_dockets)
        self.held: dict[tuple[str, int], Held] = {}
        #: Judgments about which something was once to be hidden: what is held back then may stay so (R45).
        self.touched: set[int] = set()
        self.wraps: dict[str, set[bytes]] = {}
        self.not_found = ""
        self.twins: dict[Visible, Person] = {}
        self.answered: dict[object, object] = {}
        others = [
            (p, f)
            for f in FORMS
            for p in PURPOSES
            if (p, f) != ("case", "both") and (p != "own" or f == "both")
        ]
        self.others = cycle(others)
        self.everything = [("case", "both"), *((p, "both") for p in PURPOSES if p != "case")]

    @initialize(born=st.sampled_from(facets.BIRTHS))
    def somebody(self, born: Any) -> None:
        self.person = facets.person(born)

    @rule(agency=facets.AGENCY, data=st.data())
    def say(self, agency: str, data: st.DataObject) -> None:
        """An agency enters what it knows of a judgment, or corrects what it has entered."""
        stated = data.draw(facets.stated(self.person.born))
        record = stated.record(self.person, agency, self.docket)
        before = self.held.get((agency, stated.judgment))
        try:
            if before is None:
                receipt = self.world.enter(agency, record)
                assert not receipt.repeated
                self.held[agency, stated.judgment] = Held(agency, stated, receipt.record_id, receipt.version)
                return
            receipt = self.world.amend(
                agency,
                registry_pb2.Amendment(
                    record_id=before.record_id, expected_version=before.version, record=record, reason="更正"
                ),
            )
        except AlreadyExists:  # without number and day, its other judgment is the same to this node
            return
        order = before.order
        if order == "OPEN" and stated.known != before.stated.known:
            order = ""  # it was unsealed on the facts that were
        self._became(before, receipt, stated=stated, order=order)

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """An agency takes a record out."""
        if (held := self._draw(data)) is not None:
            self.world.withdraw(
                held.agency,
                registry_pb2.Withdrawal(
                    record_id=held.record_id, expected_version=held.version, reason="再审宣告无罪"
                ),
            )
            del self.held[held.agency, held.stated.judgment]

    @rule(data=st.data())
    def seal(self, data: st.DataObject) -> None:
        """An agency seals by a court's notice."""
        if (held := self._draw(data)) is not None:
            order = sealing_pb2.Sealing(
                record_id=held.record_id,
                expected_version=held.version,
                instrument=COURT_ORDER,
                reason="法院通知封存",
            )
            self._became(held, self.world.seal(held.agency, order), order="SEALED")

    @rule(data=st.data(), enough=st.sampled_from((True, True, False)))
    def unseal(self, data: st.DataObject, enough: bool) -> None:
        """An agency unseals because a retrial raised the term, if it is raised enough."""
        if (held := self._draw(data)) is None:
            return
        order = sealing_pb2.Unsealing(
            record_id=held.record_id,
            expected_version=held.version,
            ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
            combined_penalty=SIX_YEARS if enough else _FIVE_YEARS,
            instrument=COURT_ORDER,
            reason="再审改判",
        )
        if enough:
            self._became(held, self.world.unseal(held.agency, order), order="OPEN")
        else:
            with pytest.raises(InvalidRequest):
                self.world.unseal(held.agency, order)

    @rule(data=st.data())
    def set_free(self, data: st.DataObject) -> None:
        """An agency gives up a hold, where it may."""
        if (held := self._draw(data)) is None:
            return
        order = sealing_pb2.Unsealing(
            record_id=held.record_id,
            expected_version=held.version,
            ground=sealing_pb2.UNSEALING_GROUND_PROPOSAL_WITHDRAWN,
            instrument=COURT_ORDER,
            reason="核对无误",
        )
        try:
            self._became(held, self.world.unseal(held.agency, order))
        except InvalidRequest:
            return

    @precondition(lambda self: not self.world.cut_off)
    @rule(agency=facets.AGENCY, cut=st.booleans())
    def trouble(self, agency: str, cut: bool) -> None:
        """The line between a node and the gateway breaks, or a node stops and starts again."""
        if cut:
            self.world.cut(agency)
        else:
            self.world.restart(agency)

    @precondition(lambda self: self.world.cut_off)
    @rule()
    def mend(self) -> None:
        """All lines are whole again."""
        for agency in list(self.world.cut_off):
            self.world.mend(agency)

    @rule(days=st.sampled_from((1, 200)))
    def wind(self, days: int) -> None:
        """Time goes by; one day the Measures of 2022 are in force."""
        self.world.wind(days)

    def practice_in_force(self) -> bool:
        return self.template.charter.profile_on(self.world.moment.date()) == Profile.PRACTICE_2022

    def _draw(self, data: st.DataObject) -> Held | None:
        if not self.held:
            return None
        return self.held[data.draw(st.sampled_from(sorted(self.held)))]

    def _became(self, before: Held, receipt: registry_pb2.Receipt, **changed: Any) -> None:
        key = before.agency, before.stated.judgment
        self.held[key] = replace(before, version=receipt.version, **changed)

    def learn_versions(self) -> None:
        """Holds and releases make new versions: read from the store, as an officer would from the list."""
        for key, held in self.held.items():
            home = self.world.nodes[held.agency].home / "store.db"
            with sqlite3.connect(home) as connection:
                query = "SELECT max(version) FROM record_event WHERE record_id = ?"
                (version,) = connection.execute(query, (bytes.fromhex(held.record_id),)).fetchone()
            connection.close()
            self.held[key] = replace(held, version=version)

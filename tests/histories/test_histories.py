"""No history of entries, amendments, sealings and unsealings lets an unauthorised purpose see a sealed fact (R41).

Histories are drawn at random and played on four real nodes and a gateway; after every step the answers to all
purposes are held against an oracle of its own (`tests.histories.oracle`) and against the answers about a twin, who
has only the records that may be told.
`HISTORIES=2000 pytest tests/histories --timeout=0` plays more of them, new each time; with `NO_SHRINK=1` a failure is
told as it was found, at once.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count, cycle
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from federation.errors import AlreadyExists, InvalidRequest, NotFound
from federation.evidence.answer_file import render
from federation.law.sealing import Profile
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from tests.histories import facets, oracle
from tests.histories.facets import Person, Stated
from tests.histories.oracle import Facts
from tests.histories.world import Template, World
from tests.support import asking
from tests.support.asking import stripped
from tests.support.federation import AGENCIES

_dockets = count(1000)
_UNKNOWN = "00" * 16
_COURT_ORDER = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="（2021）封1号", issuer="北京市朝阳区人民法院"
)
_SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)
_FIVE_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=60)
_FORMS = ("both", "number", "name")
_PURPOSES: dict[str, tuple[str, Callable[[pb.Subject], pb.Query]]] = {
    "case": ("police", asking.case),
    "defence": ("justice", asking.defence),
    "own": ("police", asking.own),
    "public TCH-14": ("police", lambda s: asking.public(s, "TCH-14")),
    "public ACC-38": ("procuratorate", lambda s: asking.public(s, "ACC-38")),
}


@dataclass(frozen=True)
class Held:
    """One registration as the test knows it."""

    agency: str
    stated: Stated
    record_id: str
    version: int
    order: str = ""

    def status(self, *, practice: bool) -> str:
        """Return where it stands by the law on its own facts and by its own agency's orders."""
        return self.order or oracle.status(self.stated.known, practice=practice)


#: What is counted or drawn anew for each registration.
_NOBODYS = ("record_id", "version")
#: The registrations that may be told: what a twin is made of.
Visible = frozenset[tuple[str, Stated, bool]]


class Histories(RuleBasedStateMachine):
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
            for f in _FORMS
            for p in _PURPOSES
            if (p, f) != ("case", "both") and (p != "own" or f == "both")
        ]
        self.others = cycle(others)
        self.everything = [("case", "both"), *((p, "both") for p in _PURPOSES if p != "case")]

    @initialize(born=st.sampled_from(facets.BIRTHS))
    def somebody(self, born: Any) -> None:
        self.person = facets.person(born)

    def teardown(self) -> None:
        try:
            if hasattr(self, "person"):
                self._answers(self.everything)
                self._sealed_access_sees_all()
                self._work_lists()
        finally:
            self.stack.close()

    # What happens

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
                instrument=_COURT_ORDER,
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
            combined_penalty=_SIX_YEARS if enough else _FIVE_YEARS,
            instrument=_COURT_ORDER,
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
            instrument=_COURT_ORDER,
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

    # What must hold

    @invariant()
    def nothing_sealed_is_seen(self) -> None:
        """Check everything, before and after the servers have told each other."""
        if not hasattr(self, "person"):
            return
        practice = self._practice()
        self._learn_versions()
        for held in self.held.values():
            if held.status(practice=practice) != "OPEN":
                self._is_hidden(held)
        self.world.settle()
        self._learn_versions()
        self._touch(practice)
        self._answers([("case", "both"), next(self.others), next(self.others)])
        self._disks()

    def _answers(self, asked: list[tuple[str, str]]) -> None:
        """Ask all of `asked`, of which the first is the whole case query, and hold it against twin and oracle."""
        practice = self._practice()
        visible: Visible = frozenset()
        for purpose, form in asked:
            if purpose == "own" and not practice:
                continue
            member, query = _PURPOSES[purpose]
            answer, envelope = self.world.ask(query(self.person.subject(form)), member)
            if (purpose, form) == ("case", "both"):
                self._learn_versions()
                shown = self._shown()
                may = self._may_be_shown(practice)
                assert set(shown) <= may, "a registration is shown to its own agency that must be hidden"
                self._case_is_whole(answer, shown)
                visible = frozenset((h.agency, h.stated, h.order == "OPEN") for h in shown.values())
            comparable = _comparable(self.person, answer, envelope)
            twin = self._about_twin(visible, purpose, form, practice)
            assert comparable == twin, (purpose, form, _difference(comparable, twin))

    def _case_is_whole(self, answer: pb.Answer, shown: dict[str, Held]) -> None:
        ids = {f.record_id for c in answer.convictions for f in c.facets}
        known = {r for r, held in shown.items() if held.stated.number != "none"}
        assert ids == known, "a case query sees every open record that bears the number, and no other"
        untouched = {
            held.record_id
            for held in self.held.values()
            if held.agency not in self.world.cut_off and held.stated.judgment not in self.touched
        }
        assert untouched <= set(shown), "an open record is lost"

    def _may_be_shown(self, practice: bool) -> set[str]:
        """Return the ids that the law lets out, of the nodes that can be reached."""
        reached = [h for h in self.held.values() if h.agency not in self.world.cut_off]
        may = {
            h.record_id
            for h in reached
            if h.order == "OPEN"
            or (h.status(practice=practice) == "OPEN" and not self._sealed_elsewhere(h, reached, practice))
        }
        return may - self._disputed([h for h in reached if h.record_id in may], practice)

    def _sealed_elsewhere(self, held: Held, reached: list[Held], practice: bool) -> bool:
        return any(
            other is not held
            and other.status(practice=practice) == "SEALED"
            and _same_judgment(held, other)
            and _same_person(held, other, self.person)
            for other in reached
        )

    def _disputed(self, open_ones: list[Held], practice: bool) -> set[str]:
        """Return the open ones of which the agencies' facts together do not come out open."""
        found: set[str] = set()
        for held in open_ones:
            if held.stated.number == "none":
                continue
            same = [
                h for h in open_ones if h.stated.number != "none" and (h is held or _same_judgment(held, h))
            ]
            if any(h.order == "OPEN" for h in same):
                continue
            if oracle.together([h.stated.known for h in same], practice=practice) != "OPEN":
                found |= {h.record_id for h in same}
        return found

    def _touch(self, practice: bool) -> None:
        for judgment in {h.stated.judgment for h in self.held.values()}:
            same = [h for h in self.held.values() if h.stated.judgment == judgment]
            stated: list[Facts] = [h.stated.known for h in same]
            clear = all(h.status(practice=practice) == "OPEN" for h in same)
            if not clear or oracle.together(stated, practice=practice) != "OPEN":
                self.touched.add(judgment)

    def _shown(self) -> dict[str, Held]:
        """Return what each agency that can be reached is shown of its own registrations."""
        found = {}
        for held in self.held.values():
            if held.agency in self.world.cut_off:
                continue
            try:
                self.world.show(held.agency, held.record_id)
            except NotFound:
                self._is_hidden(held)
            else:
                found[held.record_id] = held
        return found

    def _is_hidden(self, held: Held) -> None:
        for read in (self.world.show, self.world.history):
            with pytest.raises(NotFound) as hidden:
                read(held.agency, held.record_id)
            if not self.not_found:
                with pytest.raises(NotFound) as unknown:
                    read(held.agency, _UNKNOWN)
                self.not_found = str(unknown.value)
            assert str(hidden.value) == self.not_found

    def _about_twin(self, visible: Visible, purpose: str, form: str, practice: bool) -> object:
        """Return the answer about somebody who has these registrations and no other."""
        key = (visible, purpose, form, practice, frozenset(self.world.cut_off))
        if key not in self.answered:
            twin = self.twins.get(visible) or self._made_twin(visible)
            member, query = _PURPOSES[purpose]
            answer, envelope = self.world.ask(query(twin.subject(form)), member)
            self.answered[key] = _comparable(twin, answer, envelope)
        return self.answered[key]

    def _made_twin(self, visible: Visible) -> Person:
        twin = self.twins[visible] = facets.person(self.person.born)
        for agency, stated, unsealed in sorted(visible, key=lambda v: (not v[2], v[0], v[1].judgment)):
            receipt = self.world.enter(agency, stated.record(twin, agency, self.docket))
            if unsealed:
                order = sealing_pb2.Unsealing(
                    record_id=receipt.record_id,
                    expected_version=receipt.version,
                    ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
                    combined_penalty=_SIX_YEARS,
                    instrument=_COURT_ORDER,
                    reason="再审改判",
                )
                self.world.unseal(agency, order)
            self.world.settle()
        return twin

    def _sealed_access_sees_all(self) -> None:
        answer, _ = self.world.ask(asking.sealed_case(self.person.subject("both")), "procuratorate")
        ids = {f.record_id for c in answer.convictions for f in c.facets}
        assert ids == {
            h.record_id
            for h in self.held.values()
            if h.agency not in self.world.cut_off and h.stated.number != "none"
        }

    def _work_lists(self) -> None:
        practice = self._practice()
        for agency in AGENCIES:
            listed = {task.record_id for task in self.world.tasks(agency)}
            waiting = {
                h.record_id
                for h in self.held.values()
                if h.agency == agency and h.status(practice=practice) == "WITHHELD"
            }
            assert waiting <= listed

    def _disks(self) -> None:
        """What is hidden has no token, no key and no row among the open ones, and never had them to keep."""
        shown = set(self._shown())
        for agency in AGENCIES:
            home = self.world.nodes[agency].home / "store.db"
            with sqlite3.connect(home) as connection:
                rows = connection.execute("SELECT hex(record_id), wrapped_key FROM open_record").fetchall()
                tokens = connection.execute("SELECT DISTINCT hex(record_id) FROM open_token").fetchall()
            connection.close()
            for record_id, wrap in rows:
                self.wraps.setdefault(record_id.lower(), set()).add(bytes(wrap))
            if agency in self.world.cut_off:
                continue
            content = self.world.files(agency)
            for held in self.held.values():
                if held.agency != agency or held.record_id in shown:
                    continue
                assert held.record_id not in {r.lower() for r, _ in rows}
                assert held.record_id not in {r.lower() for (r,) in tokens}
                assert not any(wrap in content for wrap in self.wraps.get(held.record_id, ()))

    def _practice(self) -> bool:
        return self.template.charter.profile_on(self.world.moment.date()) == Profile.PRACTICE_2022

    def _draw(self, data: st.DataObject) -> Held | None:
        if not self.held:
            return None
        return self.held[data.draw(st.sampled_from(sorted(self.held)))]

    def _became(self, before: Held, receipt: registry_pb2.Receipt, **changed: Any) -> None:
        key = before.agency, before.stated.judgment
        self.held[key] = replace(before, version=receipt.version, **changed)

    def _learn_versions(self) -> None:
        """Holds and releases make new versions: read from the store, as an officer would from the list."""
        for key, held in self.held.items():
            home = self.world.nodes[held.agency].home / "store.db"
            with sqlite3.connect(home) as connection:
                query = "SELECT max(version) FROM record_event WHERE record_id = ?"
                (version,) = connection.execute(query, (bytes.fromhex(held.record_id),)).fetchone()
            connection.close()
            self.held[key] = replace(held, version=version)


def _same_judgment(one: Held, other: Held) -> bool:
    a, b = one.stated, other.stated
    if a.judgment != b.judgment:
        return False
    return (a.numbered and b.numbered) or (a.dated and b.dated)


def _same_person(one: Held, other: Held, person: Person) -> bool:
    """By the number, or by name and the birth date that both go by."""
    if "none" not in (one.stated.number, other.stated.number):
        return True
    births = [
        h.stated.births or (frozenset() if h.stated.number == "none" else {person.born.isoformat()})
        for h in (one, other)
    ]
    return not births[0].isdisjoint(births[1])


def _comparable(person: Person, answer: pb.Answer, envelope: Any) -> object:
    """Return the answer as it must be equal for two persons, and its length."""
    text = json.dumps(_leveled(stripped(render(envelope))), ensure_ascii=False, sort_keys=True)
    text = text.replace(person.someone.number, "NUMBER").replace(person.name, "NAME")
    return json.loads(text), len(text), envelope.ByteSize()


def _difference(one: Any, other: Any, where: str = "") -> str:
    """Return the first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((f for k in one if (f := _difference(one[k], other[k], f"{where}.{k}"))), "")
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((f for i, (a, b) in pairs if (f := _difference(a, b, f"{where}[{i}]"))), "")
    return "" if one == other else f"{where}: {one!r} != {other!r}"


def _leveled(document: Any) -> Any:
    """Versions and places in random order say nothing; everything else stays."""
    if isinstance(document, dict):
        return {k: "n" if k in _NOBODYS else _leveled(v) for k, v in document.items()}
    if isinstance(document, list):
        return sorted((_leveled(item) for item in document), key=lambda i: json.dumps(i, sort_keys=True))
    return document


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    """Found one federation for all histories, in memory where that is possible: durability is tested elsewhere."""
    fast = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(dir=fast if os.access(fast, os.W_OK) else None))
    yield Template(home)
    shutil.rmtree(home)


def test_r41_no_history_lets_an_unauthorised_purpose_see_a_sealed_fact(template: Template) -> None:
    Histories.template = template
    many = int(os.environ.get("HISTORIES", "0"))
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=many or 15,
            stateful_step_count=10,
            derandomize=not many,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=[Phase.generate] if "NO_SHRINK" in os.environ else list(Phase),
        ),
    )

"""No history of entries, amendments, sealings and unsealings lets an unauthorised purpose see a sealed fact (R41).

Histories are drawn at random and played on four real nodes and a gateway; after every step the answers to all
purposes are held against an oracle of its own (`tests.histories.oracle`) and against the answers about a twin, who
has only the records that may be told.
`HISTORIES=2000 pytest tests/histories --timeout=0` plays more of them, new each time; with `NO_SHRINK=1` a failure is
told as it was found, at once.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from federation.errors import NotFound
from federation.v1 import query_pb2 as pb
from federation.v1 import sealing_pb2
from tests.histories import facets, oracle
from tests.histories.comparing import comparable, difference
from tests.histories.facets import Person
from tests.histories.happenings import COURT_ORDER, PURPOSES, SIX_YEARS, Happenings
from tests.histories.oracle import Facts
from tests.histories.registrations import Held, Visible, same_judgment, same_person
from tests.histories.world import Template
from tests.support import asking
from tests.support.federation import AGENCIES

UNKNOWN = "00" * 16


class Histories(Happenings):
    """What must hold at every point of a history."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "person"):
                self._answers(self.everything)
                self._sealed_access_sees_all()
                self._work_lists()
        finally:
            self.stack.close()

    @invariant()
    def nothing_sealed_is_seen(self) -> None:
        """Check everything, before and after the servers have told each other."""
        if not hasattr(self, "person"):
            return
        practice = self.practice_in_force()
        self.learn_versions()
        for held in self.held.values():
            if held.status(practice=practice) != "OPEN":
                self._is_hidden(held)
        self.world.settle()
        self.learn_versions()
        self._touch(practice)
        self._answers([("case", "both"), next(self.others), next(self.others)])
        self._disks()

    def _answers(self, asked: list[tuple[str, str]]) -> None:
        """Ask all of `asked`, of which the first is the whole case query, and hold it against twin and oracle."""
        practice = self.practice_in_force()
        visible: Visible = frozenset()
        for purpose, form in asked:
            if purpose == "own" and not practice:
                continue
            member, query = PURPOSES[purpose]
            answer, envelope = self.world.ask(query(self.person.subject(form)), member)
            if (purpose, form) == ("case", "both"):
                self.learn_versions()
                shown = self._shown()
                may = self._may_be_shown(practice)
                assert set(shown) <= may, "a registration is shown to its own agency that must be hidden"
                self._case_is_whole(answer, shown)
                visible = frozenset((h.agency, h.stated, h.order == "OPEN") for h in shown.values())
            found = comparable(self.person, answer, envelope)
            twin = self._about_twin(visible, purpose, form, practice)
            assert found == twin, (purpose, form, difference(found, twin))

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
            and same_judgment(held, other)
            and same_person(held, other, self.person)
            for other in reached
        )

    def _disputed(self, open_ones: list[Held], practice: bool) -> set[str]:
        """Return the open ones of which the agencies' facts together do not come out open."""
        found: set[str] = set()
        for held in open_ones:
            if held.stated.number == "none":
                continue
            same = [
                h for h in open_ones if h.stated.number != "none" and (h is held or same_judgment(held, h))
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
                    read(held.agency, UNKNOWN)
                self.not_found = str(unknown.value)
            assert str(hidden.value) == self.not_found

    def _about_twin(self, visible: Visible, purpose: str, form: str, practice: bool) -> object:
        """Return the answer about somebody who has these registrations and no other."""
        key = (visible, purpose, form, practice, frozenset(self.world.cut_off))
        if key not in self.answered:
            twin = self.twins.get(visible) or self._made_twin(visible)
            member, query = PURPOSES[purpose]
            answer, envelope = self.world.ask(query(twin.subject(form)), member)
            self.answered[key] = comparable(twin, answer, envelope)
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
                    combined_penalty=SIX_YEARS,
                    instrument=COURT_ORDER,
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
        practice = self.practice_in_force()
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

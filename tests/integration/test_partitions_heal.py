"""Two nodes of one agency take in one judgment while neither reaches the gateway: found when the line is back (R10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from federation.client import Client
from federation.errors import HutongError
from federation.v1 import correction_pb2, notice_pb2, query_pb2
from federation.v1 import record_pb2 as pb
from tests.integration.test_notices_between_nodes import BEIJING, SHANGHAI, Two, founded, send, server
from tests.support import asking
from tests.support.federation import GATEWAY
from tests.support.notices import judgment, stages
from tests.support.records import Someone, record
from tests.support.waiting import wait_for

NODES = ("police-1", "police-2")


class Parted(Two):
    """Two police nodes that serve, and a gateway that is not there yet."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        small, self._endpoints = founded(home)
        super().__init__(small, stack)
        for name in (BEIJING, SHANGHAI):
            self._start(name)

    def heal(self) -> None:
        """Bring the line to the gateway up."""
        self._start(GATEWAY)

    def _start(self, name: str) -> None:
        self._stack.enter_context(server(self._small, self._home, name, self._endpoints[name]))


@pytest.fixture
def parted(tmp_path: Path) -> Iterator[Parted]:
    with ExitStack() as stack:
        yield Parted(tmp_path, stack)


def ask(client: Client, someone: Someone) -> query_pb2.Answer:
    return wait_for(
        lambda: client.ask(asking.case(someone.subject())).answer,
        lambda answer: answer.completeness == query_pb2.COMPLETENESS_COMPLETE,
        what="both nodes in the answer",
        passing=HutongError,
    )


def requests(police: Client, node: str) -> list[correction_pb2.CorrectionRequest]:
    waiting = police.notices.waiting(node, kind=notice_pb2.NOTICE_KIND_CORRECTION_REQUEST)
    return [each.notice.correction for each in waiting]


def test_r10_two_intakes_of_one_judgment_during_a_partition_are_found_at_healing(parted: Parted) -> None:
    police, someone = parted.client("police/client/desk"), Someone()
    first = judgment(someone)
    here = record(someone, "police", number=first.record.judgment_number.original)
    there = pb.Record()
    there.CopyFrom(here)
    there.judgment_number.original = here.judgment_number.original.replace("（", "(").replace("）", ")")
    there.final_on = "2019-06-17"
    ids = {
        node: police.register.enter(node, made).record_id
        for node, made in zip(NODES, (here, there), strict=True)
    }

    parted.heal()
    [conviction] = ask(police, someone).convictions
    assert {facet.record_id for facet in conviction.facets} == set(ids.values()), "one conviction, not two"
    assert [conflict.field for conflict in conviction.conflicts] == ["final_on"]
    for node, other in (NODES, NODES[::-1]):
        [asked] = wait_for(lambda node=node: requests(police, node), bool, what=f"the request to {node}")  # type: ignore[misc]
        assert (asked.field, asked.record_id) == ("final_on", ids[node])
        assert [(d.node, d.record_id) for d in asked.differs_from] == [(other, ids[other])]

    first.record.person.household_division, first.trial_division = "310101", "110105"
    tracked = send(parted.client("court/client/desk", officer="书记员甲"), first)
    assert {stages(tracked)[node] for node in NODES} == {"registered"}
    [conviction] = ask(police, someone).convictions
    assert {facet.record_id for facet in conviction.facets} == set(ids.values()), "the court's makes no third"
    assert {facet.version for facet in conviction.facets} == {2}
    assert not conviction.conflicts

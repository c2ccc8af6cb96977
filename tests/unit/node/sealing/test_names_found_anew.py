"""After an edition that finds persons by other tokens, other holders get these of what was sealed before (R45, A14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.v1 import record_pb2 as pb
from federation.values import tokens
from federation.values.names import name_key
from federation.values.tokens import name_digest
from node.sealing import judging
from tests.support.records import sealed_record, without
from tests.support.register import NODE, run_out
from tests.support.sealing_node import OTHER, Node


def _named(text: str) -> pb.Record:
    """Return somebody's sealed record, found by name and birth date alone."""
    made = without(sealed_record("police")[1], ["person.identifiers"], pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    made.person.names[0].text = text
    return made


def test_r45_a_seal_is_proposed_again_under_a_name_that_has_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another holder may enter 李穎 only now: the key of 颖, under which the seal was proposed, does not find it."""
    with monkeypatch.context() as before:
        before.setattr(tokens, "name_key", lambda text: name_key(text).replace("颕", "颖"))
        before.setattr(judging, "FINDING", "found-5")
        node = Node(tmp_path)
        run_out(node.resealing())
        made = _named("李颖")
        node.enter(made)
        node.enter(_named("王敏"))
        for proposal in node.handed():
            node.acknowledged(proposal, OTHER, str(NODE))
    wanted = name_digest("李穎", made.person.birth_date)
    assert node.handed() == []
    run_out(node.resealing())
    [again] = node.handed()
    assert wanted in again.person_digests

"""Commitments hide a log's state from all who lack the salt, open to that state alone, and can be opened for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from federation.errors import Corrupt
from federation.evidence.commitment import Commitments, commitment_of, insist_opens
from federation.v1.lookup_pb2 import LogHead

KEY = bytes(range(32))
ROOT = bytes([7] * 32)
VECTORS = json.loads((Path(__file__).parents[4] / "proto/vectors/commitment.json").read_text())
AT = "2026-01-02T03:04:05.678901Z"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["log_size"]))
def test_commitments_are_those_of_the_contract(case: dict[str, Any]) -> None:
    root, salt = bytes.fromhex(case["log_root"]), bytes.fromhex(case["salt"])
    head = LogHead(log_size=case["log_size"], log_root=root, salt=salt)
    assert commitment_of(head).hex() == case["commitment"]


@pytest.mark.parametrize("size", [2**63, 2**64 - 1])
def test_a_head_that_no_log_can_have_opens_nothing(size: int) -> None:
    """A gateway keeps the highest head of each node with its answers: one that no store can hold would end them all."""
    with pytest.raises(Corrupt, match="so many entries"):
        commitment_of(LogHead(log_size=size, log_root=ROOT, salt=KEY))


def test_a_head_opens_its_own_commitment() -> None:
    commitments = Commitments(key=KEY)
    insist_opens(commitments.head(9, ROOT, at=AT), commitments.commit(9, ROOT, at=AT))


@pytest.mark.parametrize(
    ("key", "size", "root", "at"),
    [
        (bytes(32), 9, ROOT, AT),
        (KEY, 10, ROOT, AT),
        (KEY, 9, bytes(32), AT),
        (KEY, 9, ROOT, AT.replace("01Z", "02Z")),
    ],
)
def test_key_size_root_and_moment_each_change_the_commitment(
    key: bytes, size: int, root: bytes, at: str
) -> None:
    made = Commitments(key=KEY).commit(9, ROOT, at=AT)
    other = Commitments(key=key).head(size, root, at=at)
    assert commitment_of(other) != made
    with pytest.raises(Corrupt, match="not the one"):
        insist_opens(other, made)


def test_the_state_behind_a_commitment_is_found_among_all_states_and_no_other_is() -> None:
    states = [(size, size.to_bytes(32, "big")) for size in range(300)]
    commitments = Commitments(key=KEY)
    found = commitments.find(commitments.commit(*states[211], at=AT), states, at=AT)
    assert found is not None
    assert (found.log_size, found.log_root) == states[211]
    assert commitments.find(commitments.commit(211, ROOT, at=AT), states, at=AT) is None

"""What one stream must show of a node's log: it goes on from what is known here, and only grows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from federation.errors import Corrupt
from federation.evidence.heads import Known
from federation.evidence.merkle import Frontier, consistency_path, leaf_hash, reader_of, root_of
from federation.v1.lookup_pb2 import LogHead, LookupResponse
from federation.values.heads import Head
from gateway.asking.growth import Growth

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
OTHERS = [leaf_hash(bytes([number, 1])) for number in range(40)]


def page(size: int, *, since: int = 0, of: Sequence[bytes] = LEAVES) -> LookupResponse:
    """Return a page after which the log has so many entries, with the proof that it goes on from `since` of them."""
    tree = Frontier()
    for leaf in of[:size]:
        tree.append(leaf)
    path = consistency_path(since, size, reader_of(of)) if since else []
    return LookupResponse(head=LogHead(log_size=size, log_root=tree.root()), extends=path)


def known(size: int) -> Known:
    return Known("police-1", Head(size, root_of(LEAVES[:size])))


def test_a_log_that_goes_on_is_asked_for_its_proof_once() -> None:
    growth = Growth()
    assert growth.to_state(known(13)) == known(13)
    growth.check(known(13), page(20, since=13))
    assert growth.to_state(known(20)) is None
    growth.check(None, page(21))


def test_a_higher_head_that_became_known_meanwhile_is_stated_on_the_same_stream() -> None:
    growth = Growth()
    growth.check(None, page(20))
    assert growth.to_state(known(25)) == known(25)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(page(9), id="shorter"),
        pytest.param(page(20), id="without a proof"),
        pytest.param(page(20, since=12), id="with the proof of another head"),
        pytest.param(page(20, since=13, of=OTHERS), id="of another history"),
        pytest.param(LookupResponse(), id="without a head"),
    ],
)
def test_a_log_that_does_not_go_on_is_asked_again(response: LookupResponse) -> None:
    growth = Growth()
    with pytest.raises(Corrupt):
        growth.check(known(13), response)
    assert growth.to_state(known(13)) == known(13)
    growth.check(known(13), page(20, since=13))


@pytest.mark.parametrize("size", [19, 20])
def test_within_a_stream_the_log_only_grows(size: int) -> None:
    growth = Growth()
    growth.check(None, page(20))
    with pytest.raises(Corrupt, match="had 20"):
        growth.check(None, page(size))

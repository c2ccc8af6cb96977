"""A client renews its officer's certificate in time, and goes on without the node unless it refuses (R12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.client.own_certificate import OwnCertificate
from federation.errors import HutongError, PermissionDenied, Unavailable
from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertificate
from federation.values import clock
from federation.values.clock import stamp

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Node:
    """A node as a client sees it: it certifies for an hour, is away, or refuses."""

    def __init__(self) -> None:
        self.at, self.asked = BEGIN, 0
        self.fails: HutongError | None = None

    def certify(self) -> Envelope:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        certificate = OfficerCertificate(
            federation="f",
            officer_id="p1",
            officer="科长",
            issued_at=stamp(self.at),
            expires_at=stamp(self.at + HOUR),
        )
        return Envelope(payload=certificate.SerializeToString())

    def expects(self, own: OwnCertificate, minutes: int, asked: int) -> Envelope:
        """Return the certificate at so many minutes, after the node was asked so often in all."""
        self.at = BEGIN + timedelta(minutes=minutes)
        current = own.current("f")
        assert self.asked == asked
        return current


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node()
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made


@pytest.fixture
def own(node: Node, tmp_path: Path) -> OwnCertificate:
    return OwnCertificate(tmp_path, "p1", "科长", node.certify)


def test_r12_a_certificate_is_renewed_when_half_of_its_life_is_over(node: Node, own: OwnCertificate) -> None:
    first = node.expects(own, 0, 1)
    assert node.expects(own, 29, 1) == first
    assert node.expects(own, 30, 2) != first


def test_r12_a_node_that_is_away_is_not_missed_while_a_certificate_serves(
    node: Node, own: OwnCertificate
) -> None:
    first = node.expects(own, 0, 1)
    node.fails = Unavailable("away")
    assert node.expects(own, 40, 2) == first
    assert node.expects(own, 40, 2) == first, "not asked again within the minute"
    assert node.expects(own, 41, 3) == first
    with pytest.raises(Unavailable):
        node.expects(own, 57, 4)


def test_r12_an_officer_whom_the_node_refuses_goes_on_with_nothing(node: Node, own: OwnCertificate) -> None:
    node.expects(own, 0, 1)
    node.fails = PermissionDenied("removed")
    with pytest.raises(PermissionDenied):
        node.expects(own, 40, 2)


def test_r12_a_kept_certificate_serves_the_next_command(
    node: Node, own: OwnCertificate, tmp_path: Path
) -> None:
    first = node.expects(own, 0, 1)
    again = OwnCertificate(tmp_path, "p1", "科长", node.certify)
    assert node.expects(again, 10, 1) == first
    other = OwnCertificate(tmp_path, "p1", "科长二", node.certify)
    node.expects(other, 11, 2)

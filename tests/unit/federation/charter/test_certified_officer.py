"""Of whom a certificate is asked: clients of the members that the charter names, from then on, by servers of others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.charter.certified_officer import needs_certificate
from federation.charter.model import Certification, Charter
from federation.v1.envelope_pb2 import Statement
from federation.values.clock import stamp
from federation.values.identity import Installation, MemberId
from tests.support.federation import SmallFederation

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def charter(tmp_path_factory: pytest.TempPathFactory) -> Charter:
    """Return a charter by which the officers of the police, and of a member of an odd name, are certified."""
    federation = SmallFederation(Path(tmp_path_factory.mktemp("federation")))
    certified = {MemberId(name): Certification(SINCE) for name in ("police", "gateway")}
    return replace(federation.charter(), officers_certified=certified)


@pytest.mark.parametrize(
    ("signer", "destination", "after_s", "needed"),
    [
        ("police/client/desk", "gateway", 0, True),
        ("police/client/desk", "gateway", -1, False),
        ("police/client/desk", "justice/node/justice-1", 60, True),
        ("police/client/desk", "charter", 60, True),
        ("police/client/desk", "police/node/police-1", 60, False),
        ("police/client/desk", "police-2/node/x", 60, True),
        ("police/node/police-1", "gateway", 60, False),
        ("justice/client/desk", "gateway", 60, False),
        ("gateway/client/desk", "gateway", 60, True),
    ],
)
def test_r12_who_needs_a_certificate(
    charter: Charter, signer: str, destination: str, after_s: float, needed: bool
) -> None:
    statement = Statement(destination=destination, issued_at=stamp(SINCE + timedelta(seconds=after_s)))
    assert needs_certificate(statement, Installation.parse(signer), charter) is needed

"""A certificate finds the key that belongs to it, whichever of two files that is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.transport.pair import follow_certificate, matching_pair
from tests.support.federation import SmallFederation

NODE = "police/node/police-1"


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, SmallFederation]:
    federation = SmallFederation(tmp_path)
    party = federation.party(NODE)
    return party.certificate, party.key, federation


def test_the_next_key_serves_from_the_moment_its_certificate_lies_in_place(
    places: tuple[Path, Path, SmallFederation],
) -> None:
    certificate, key, federation = places
    upcoming = (
        key.with_name("tls.next.key")
        if key.name == "tls.key"
        else key.with_name(f"{key.stem}.next{key.suffix}")
    )
    new_certificate, new_key = federation.issue(NODE)
    before = matching_pair(certificate, key)
    upcoming.write_bytes(new_key.read_bytes())
    assert matching_pair(certificate, key) == before
    assert not follow_certificate(certificate, key)
    certificate.write_bytes(new_certificate.read_bytes())
    found = new_certificate.read_bytes(), new_key.read_bytes()
    assert matching_pair(certificate, key) == found
    assert follow_certificate(certificate, key)
    assert matching_pair(certificate, key) == found
    assert not upcoming.exists()


def test_a_certificate_of_neither_key_is_refused(places: tuple[Path, Path, SmallFederation]) -> None:
    certificate, key, federation = places
    upcoming = key.with_name(f"{key.stem}.next{key.suffix}")
    upcoming.write_bytes(key.read_bytes())
    certificate.write_bytes(federation.issue(NODE)[0].read_bytes())
    with pytest.raises(ValueError, match="do not belong together"):
        matching_pair(certificate, key)

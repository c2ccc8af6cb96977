"""What an authority issues: one identity a leaf, usable for what its kind needs and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from certs.authority import Authority
from certs.describe import describe
from certs.signing import load_signing_key, new_signing_key, public_of
from federation.values.identity import Installation, MemberId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEDERATION = "hutong.test"
SERVER = ["server", "client"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(MemberId("state_security"), FEDERATION, now=NOW)


def leaf(authority: Authority, name: str) -> bytes:
    return authority.issue(
        Installation.parse(name), FEDERATION, not_before=NOW, not_after=NOW + timedelta(days=1)
    ).certificate


@pytest.mark.parametrize(
    ("name", "dns", "purposes"),
    [
        (
            "state_security/node/n-1",
            ["n-1.node.state-security.hutong.test", "localhost"],
            ["server", "client"],
        ),
        (
            "state_security/gateway/g",
            ["g.gateway.state-security.hutong.test", "localhost"],
            ["server", "client"],
        ),
        ("state_security/client/desk", [], ["client"]),
    ],
)
def test_a_leaf_names_one_installation(
    authority: Authority, name: str, dns: list[str], purposes: list[str]
) -> None:
    facts = describe(leaf(authority, name))
    assert facts["uri"] == [f"spiffe://hutong.test/{name}"]
    assert (facts["dns"], facts["purposes"], facts["kind"]) == (dns, purposes, "leaf")


def test_a_strict_verifier_accepts_server_and_client_leaves(authority: Authority) -> None:
    policy = PolicyBuilder().store(Store([authority.certificate])).time(NOW + timedelta(hours=1))
    node = x509.load_pem_x509_certificate(leaf(authority, "state_security/node/n-1"))
    desk = x509.load_pem_x509_certificate(leaf(authority, "state_security/client/desk"))
    policy.build_server_verifier(x509.DNSName("n-1.node.state-security.hutong.test")).verify(node, [])
    assert policy.build_client_verifier().verify(desk, []).subjects
    assert policy.build_client_verifier().verify(node, []).subjects


def test_keys_are_private_and_never_overwritten(authority: Authority, tmp_path: Path) -> None:
    authority.save(tmp_path)
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        authority.save(tmp_path)
    assert Authority.load(tmp_path).pem == authority.pem
    public = new_signing_key(tmp_path / "signing.key")
    assert public_of(load_signing_key(tmp_path / "signing.key")) == public
    with pytest.raises(FileExistsError):
        new_signing_key(tmp_path / "signing.key")
    with pytest.raises(ValueError, match="no Ed25519 key"):
        load_signing_key(tmp_path / "ca.key")

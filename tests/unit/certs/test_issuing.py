"""`hutong certs authority`, `issue` and `renew`: keys stay where they were made; requests prove possession."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.authority import Authority
from certs.authority_request import read_authority_request
from certs.charter_files import with_revoked
from certs.cli import certs
from certs.installation_request import make_keys, make_request, read_request
from certs.request_files import write_request
from certs.signed_requests import signed_request
from certs.signing import load_signing_key
from compose.cli import main
from federation.errors import InvalidRequest
from federation.evidence.view import read_envelope, read_json
from federation.values.identity import Installation, MemberId
from tests.support.federation import SmallFederation

NODE = Installation.parse("police/node/police-1")


def run(*words: object, code: int = 0) -> dict[str, Any] | str:
    ran = CliRunner().invoke(certs, [*map(str, words), *(["--json"] if not code else [])])
    assert ran.exit_code == code, ran.output
    return ran.output if code else json.loads(ran.output)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A node's folder with keys and request file, beside the authority of its agency."""
    run("authority", "--federation", "f.test", "--member", "police", "--out", tmp_path / "ca", "--root")
    made = tmp_path / "home"
    made.mkdir()
    make_keys(made)
    write_request(made / "request.json", make_request(made, NODE, "localhost:7401"))
    return made


def issue(home: Path, out: Path, code: int = 0) -> dict[str, Any] | str:
    said = ["--federation", "f.test", "--ca", home.parent / "ca", "--out", out]
    return run("issue", "--csr", home / "request.json", *said, code=code)


def test_a_certificate_is_for_the_key_that_never_left_its_folder(home: Path) -> None:
    facts = issue(home, home)
    assert isinstance(facts, dict)
    assert facts["uri"] == ["spiffe://f.test/police/node/police-1"]
    certificate = x509.load_pem_x509_certificate((home / "tls.pem").read_bytes())
    own = load_pem_private_key((home / "tls.key").read_bytes(), password=None)
    assert certificate.public_key() == own.public_key()
    assert [path.name for path in (home.parent / "ca").rglob("*.key")].count("tls.key") == 0
    assert "exists and is not overwritten" in issue(home, home, code=1)


def test_a_key_whose_certificate_was_revoked_gets_no_other_one_by_its_old_request(home: Path) -> None:
    """`renew` asks the charter, and `issue` from the same request file went round it."""
    issue(home, home)
    (home / "tls.pem").rename(home / "revoked.pem")
    told = issue(home, home, code=1)
    assert "csr: " in told
    assert "[RENEWAL]" in told
    assert not (home / "tls.pem").exists()


def test_a_federation_that_is_misspelt_gets_no_certificate(home: Path) -> None:
    said = ["--federation", "f.tset", "--ca", home.parent / "ca", "--out", home]
    told = run("issue", "--csr", home / "request.json", *said, code=1)
    assert "federation: f.tset is not f.test" in told
    assert not (home / "tls.pem").exists()


def forged(home: Path, **changed: str) -> None:
    """Put a changed payload into the request file under the old signature."""
    document = json.loads((home / "request.json").read_text("utf-8"))
    envelope = read_envelope(document)
    payload = read_json(envelope.payload) | changed
    signed = signed_request(envelope.payload_type, payload, [load_signing_key(home / "signing.key")])
    document["payload"] = signed["payload"]
    write_request(home / "request.json", document)


def test_a_request_that_was_changed_after_it_was_signed_is_refused(home: Path) -> None:
    forged(home, endpoint="elsewhere:7401")
    told = issue(home, home, code=1)
    assert "request: " in told
    assert "[POSSESSION]" in told
    assert not (home / "tls.pem").exists()


def test_a_request_that_another_key_signed_is_refused(home: Path) -> None:
    document = json.loads((home / "request.json").read_text("utf-8"))
    payload = read_json(read_envelope(document).payload)
    other = load_signing_key(home.parent / "ca" / "charter.key")
    with pytest.raises(InvalidRequest, match="POSSESSION"):
        read_request(signed_request(document["payloadType"], payload, [other]))


def test_a_certificate_request_of_another_installation_is_refused(home: Path) -> None:
    document = json.loads((home / "request.json").read_text("utf-8"))
    payload = read_json(read_envelope(document).payload) | {"installation": "police/node/police-2"}
    own = load_signing_key(home / "signing.key")
    with pytest.raises(InvalidRequest, match="CSR"):
        read_request(signed_request(document["payloadType"], payload, [own]))


def test_a_file_that_is_no_request_is_named_with_its_fault(home: Path) -> None:
    (home / "request.json").write_text("{}", "utf-8")
    told = issue(home, home, code=1)
    assert str(home / "request.json") in told
    assert "[FORMAT]" in told
    write_request(home / "request.json", json.loads((home.parent / "ca" / "authority.json").read_text()))
    assert "[KIND]" in issue(home, home, code=1)


def test_an_expired_authority_issues_nothing(home: Path) -> None:
    ca = home.parent / "ca"
    (ca / "ca.key").unlink()
    old = Authority.create(MemberId("police"), "f.test", now=datetime(2020, 1, 1, tzinfo=UTC), days=30)
    old.save(ca)
    told = issue(home, home, code=1)
    assert "ca: the authority expired at 2020-01-31" in told
    assert "[VALIDITY]" in told


def test_what_an_authority_shows_is_signed_by_each_of_its_keys(home: Path) -> None:
    document = json.loads((home.parent / "ca" / "authority.json").read_text("utf-8"))
    shown = read_authority_request(document)
    assert (shown.member, sorted(shown.keys)) == ("police", ["charter_key", "root_key"])
    document["signatures"].pop()
    with pytest.raises(InvalidRequest, match="POSSESSION"):
        read_authority_request(document)


def test_an_authority_that_is_there_stays_and_gets_its_request_file(home: Path) -> None:
    ca = home.parent / "ca"
    before = {path.name: path.read_bytes() for path in ca.glob("*.key")}
    (ca / "authority.json").unlink()
    run("authority", "--federation", "f.test", "--member", "police", "--out", ca)
    assert {path.name: path.read_bytes() for path in ca.glob("*.key")} == before
    told = run("authority", "--federation", "f.test", "--member", "justice", "--out", ca, code=1)
    assert "[CERTIFICATE]" in told


def test_a_certificate_is_renewed_for_its_key_until_one_of_that_key_is_revoked(home: Path) -> None:
    federation = SmallFederation(home.parent / "federation")
    issue(home, home)
    where = ["--published", federation.published, "--root", federation.root]
    renew = ["renew", home / "tls.pem", "--ca", home.parent / "ca", *where, "--out"]
    facts = run(*renew, home.parent / "renewed")
    before = x509.load_pem_x509_certificate((home / "tls.pem").read_bytes())
    after = x509.load_pem_x509_certificate((home.parent / "renewed" / "tls.pem").read_bytes())
    assert after.public_key() == before.public_key()
    assert after.serial_number != before.serial_number
    assert isinstance(facts, dict)
    federation._edit(
        str(NODE), lambda content: with_revoked(content, after.serial_number)
    )  # the later one of the same key: the earlier one stays out as well
    told = run(*renew, home.parent / "again", code=1)
    assert "[REVOKED]" in told
    assert f"{after.serial_number:x}" in told


@pytest.mark.parametrize("kind", ["node", "gateway", "window"])
def test_init_writes_a_request_file_and_never_replaces_a_key(tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    name = {"node": "police/node/police-1", "gateway": "interconnect/gateway/g", "window": "police/client/w"}
    said = ["--home", place, "--installation", name[kind], "--charter", tmp_path / "published"]
    extra = {"window": ["--federation", "f.test", "--charter-root", "ab" * 32]}
    words = [kind, "init", *said, *extra.get(kind, ["--listen", "0.0.0.0:7401", "--endpoint", "here:7401"])]
    kept = []
    for _ in range(2):
        ran = CliRunner().invoke(main, [*map(str, words)])
        assert ran.exit_code == 0, ran.output
        kept.append([(place / each).read_bytes() for each in ("signing.key", "tls.key", "request.json")])
    assert kept[0] == kept[1]
    asked = read_request(json.loads((place / "request.json").read_text("utf-8")))
    assert (str(asked.installation), asked.endpoint) == (name[kind], "" if kind == "window" else "here:7401")
    assert (place / "signing.key").stat().st_mode & 0o077 == 0
    assert (place / "tls.key").stat().st_mode & 0o077 == 0

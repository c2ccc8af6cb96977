"""`hutong certs` and `hutong charter` as an operator types them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click import Group
from click.testing import CliRunner

from certs.charter_cli import charter
from certs.charter_office import CharterOffice
from certs.cli import certs
from certs.keyfiles import private_pem, write_private
from certs.signing import charter_signer, load_signing_key, new_signing_key
from federation.charter.certified_officer import CERTIFICATE
from federation.charter.envelope import sign_payload
from federation.charter.model import InstallationState
from federation.charter.openings import read_opening
from federation.client.officer_keys import write_entry
from federation.errors import PermissionDenied
from federation.evidence.view import read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertificate
from federation.values.clock import now, stamp
from federation.values.identity import MemberId
from tests.support.federation import SmallFederation


def run(group: Group, *arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


def facts_of(group: Group, *arguments: object) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(run(group, *arguments, "--json"))
    return facts


@pytest.fixture
def desk_keys(tmp_path: Path) -> tuple[SmallFederation, list[object]]:
    federation = SmallFederation(tmp_path)
    new_signing_key(tmp_path / "publisher.key")
    federation.published = tmp_path / "by-hand"
    federation.root = federation.published / "metadata" / "1.root.json"
    publisher = charter_signer(load_signing_key(tmp_path / "publisher.key"))
    federation.office = CharterOffice(federation.published, publisher)
    federation._found()
    write_private(tmp_path / "police.key", private_pem(federation.charter_keys[federation.agencies[0]]))
    where = ["--published", federation.published, "--publisher-key", tmp_path / "publisher.key"]
    return federation, where


def test_a_signing_key_tells_its_public_half(tmp_path: Path) -> None:
    facts = facts_of(certs, "signing-key", "--out", tmp_path / "signing.key")
    assert len(facts["public"]) == len(facts["keyid"]) == 64


def test_an_agency_revokes_and_suspends_alone(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    alone = ["--authority", "police", "--authority-key", tmp_path / "police.key", *where]
    party = federation.party("police/node/police-1")
    assert facts_of(certs, "revoke", party.certificate, *alone)["charter_version"] == 2
    facts = facts_of(charter, "set-state", "police/client/desk", "suspended", *alone)
    assert facts["charter_version"] == 3
    look = ["--published", federation.published, "--root", federation.root]
    shown = facts_of(charter, "show", *look)
    assert shown["revoked by police"] == [f"{party.leaf.serial:x}"]
    assert shown["police/client/desk"].startswith("suspended")
    facts_of(charter, "refresh", *where)
    assert facts_of(charter, "verify", *look)["charter_version"] == 3
    others = ["--authority", "justice", *alone[2:]]
    assert "CHARTER_NOT_VERIFIED" in run(certs, "revoke", "--serial", "ff", *others, code=1)
    assert "either" in run(certs, "revoke", *alone, code=2)


def test_a_revoked_server_is_suspended_too_because_clients_see_only_that(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    alone = ["--authority", "police", "--authority-key", tmp_path / "police.key", *where]
    node, desk = federation.party("police/node/police-1"), federation.party("police/client/desk")
    facts = facts_of(certs, "revoke", node.certificate, *alone)
    assert facts["still_open"].startswith("clients cannot see that a server's certificate is revoked")
    assert "police/node/police-1 to suspended" in facts["still_open"]
    assert federation.charter().installations[node.installation].state is InstallationState.ACTIVE
    facts = facts_of(certs, "revoke", node.certificate, "--suspend", *alone)
    assert (facts["state"], facts["installation"]) == ("suspended", "police/node/police-1")
    charter = federation.charter()
    assert charter.version == facts["charter_version"] == 3
    assert charter.installations[node.installation].state is InstallationState.SUSPENDED
    assert charter.revoked[node.installation.member] == {node.leaf.serial}
    assert "still_open" not in facts_of(certs, "revoke", desk.certificate, *alone), (
        "a client's access has ended"
    )


def test_by_serial_one_says_whom_to_suspend(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    alone = ["--authority", "police", "--authority-key", tmp_path / "police.key", *where]
    assert "its server" in facts_of(certs, "revoke", "--serial", "ab", *alone)["still_open"]
    assert "--installation" in run(certs, "revoke", "--serial", "ab", "--suspend", *alone, code=2)
    named = ["--installation", "police/node/police-1", "--suspend"]
    assert facts_of(certs, "revoke", "--serial", "ab", *named, *alone)["state"] == "suspended"
    elsewhere = ["--installation", "justice/node/justice-1", "--suspend"]
    before = federation.charter().version
    assert "lists no installation" in run(certs, "revoke", "--serial", "cd", *elsewhere, *alone, code=1)
    assert federation.charter().version == before, "nothing of it is published"


def test_a_charter_that_does_not_verify_ends_in_a_sentence(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, _ = desk_keys
    (federation.published / "metadata" / "timestamp.json").write_text("{}")
    output = run(charter, "verify", "--published", federation.published, "--root", federation.root, code=1)
    assert output.startswith("Error: the charter does not verify")


def policy_keys(federation: SmallFederation, folder: Path) -> list[object]:
    """Return the options by which three agencies sign what all agree on."""
    signing: list[object] = []
    for agency in federation.agencies[:3]:
        write_private(folder / f"{agency}.root.key", private_pem(federation.root_keys[agency]))
        signing += ["--policy-key", folder / f"{agency}.root.key"]
    return signing


def test_three_agencies_let_windows_ask_under_an_application_only(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    signing = policy_keys(federation, tmp_path)
    assert facts_of(charter, "windows-need-mandate", "yes", *signing, *where)["windows_need_mandate"] is True
    assert federation.charter().windows_need_mandate
    look = ["--published", federation.published, "--root", federation.root]
    assert facts_of(charter, "show", *look)["windows need a mandate"] == "yes"
    facts_of(charter, "windows-need-mandate", "no", *signing, *where)
    assert not federation.charter().windows_need_mandate
    assert "CHARTER" in run(charter, "windows-need-mandate", "yes", *signing[:4], *where, code=1)
    assert not federation.charter().windows_need_mandate
    chosen = ["choose-reading", "public_order_sealed_from", "review", "--because", "复议、诉讼结束前不封存"]
    assert facts_of(charter, *chosen, *signing, *where)["value"] == "review"
    assert federation.charter().readings.public_order_sealed_from == "review"
    assert facts_of(charter, "show", *look)["public-order records are sealed from"] == "review"
    wrong = ["choose-reading", "violation_certificates", "review", "--because", "x"]
    assert "one of no, yes" in run(charter, *wrong, *signing, *where, code=1)
    unreasoned = ["choose-reading", "violation_certificates", "yes", "--because", " ."]
    assert "say why" in run(charter, *unreasoned, *signing, *where, code=1)
    assert not federation.charter().readings.violation_certificates


def test_r22_three_agencies_declare_what_may_be_added_to_records(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    signing = policy_keys(federation, tmp_path)
    look = ["--published", federation.published, "--root", federation.root]
    assert "any may be entered" in facts_of(charter, "show", *look)["additions to records"]
    name = "cn.example.moj/file_number"
    stated = [name, "code", "--shown-to", "case", "--not-personal", *signing, *where]
    assert facts_of(charter, "declare-extension", *stated)["shown_to"] == ["case"]
    assert set(federation.charter().extensions.declared or ()) == {name}
    assert facts_of(charter, "show", *look)[f"addition {name}"] == "code, not personal: case"
    wrong = ["cn.example.moj/risk", "number", "--not-personal", *signing, *where]
    assert "R1" in run(charter, "declare-extension", *wrong, code=1)
    facts_of(charter, "drop-extension", name, *signing, *where)
    assert federation.charter().extensions.declared == {}, (
        "from the first declaration on, what is not declared is not"
    )
    assert "does not declare" in run(charter, "drop-extension", name, *signing, *where, code=1)


def test_a27_three_agencies_say_how_applications_wait(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    signing = policy_keys(federation, tmp_path)
    waits = ["--release", "third_working_day", "--undecided", "verify", "--verified-percent"]
    facts_of(charter, "set-waiting", "practice-2022", *waits, "7", *signing, *where)
    period = federation.charter().period_on(date(2026, 1, 5))
    assert (period.release, period.undecided, period.verified_percent) == ("third_working_day", "verify", 7)
    look = ["--published", federation.published, "--root", federation.root]
    shown = facts_of(charter, "show", *look)
    assert shown["profile practice-2022"].endswith(
        "release third_working_day, undecided verify, 7 % verified"
    )
    assert "verified_percent" in run(
        charter, "set-waiting", "practice-2022", *waits, "0", *signing, *where, code=1
    )
    assert "no profile" in run(charter, "set-waiting", "tomorrow", *waits, "7", *signing, *where, code=1)


def test_r12_an_agency_alone_has_its_officers_certified(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    federation, where = desk_keys
    alone = ["--authority-key", tmp_path / "police.key", *where]
    since = facts_of(charter, "certify-officers", "police", "yes", *alone)["officers_certified_since"]
    assert since
    assert federation.charter().officers_certified.keys() == {"police"}
    look = ["--published", federation.published, "--root", federation.root]
    assert (
        facts_of(charter, "show", *look)["officers of police certified since"]
        == f"{since}, each for 60 minutes"
    )
    facts_of(charter, "certify-officers", "police", "yes", "--life", "20", *alone)
    assert federation.charter().officers_certified[MemberId("police")].life == timedelta(minutes=20)
    assert "10<=x<=720" in run(charter, "certify-officers", "police", "yes", "--life", "721", *alone, code=2)
    assert "CHARTER" in run(charter, "certify-officers", "justice", "yes", *alone, code=1)
    assert "may not vouch" in run(
        charter, "certify-officers", "justice", "yes", "--authority", "police", *alone, code=1
    )
    facts_of(charter, "certify-officers", "police", "no", *alone)
    assert not federation.charter().officers_certified


def test_a10_an_opening_counts_only_with_the_certificates_of_its_officers(
    desk_keys: tuple[SmallFederation, list[object]], tmp_path: Path
) -> None:
    """Where they are asked for: an officer whom the agency's node does not know opens no seal."""
    federation, where = desk_keys
    facts_of(charter, "certify-officers", "police", "yes", "--authority-key", tmp_path / "police.key", *where)
    folder, at = tmp_path / "officers", now()
    folder.mkdir()
    write_entry(folder, id="p1", name="王警官", key="")

    def signed(member: str, officer: str, *more: object) -> Envelope:
        party, out = federation.party(f"{member}/client/desk"), tmp_path / f"{member}.json"
        run(
            charter,
            *("sign-opening", "TCH-14", "S1", "--because", "教师法要求", "--since", "2020-01-01"),
            *("--officer", officer, "--installation", party.installation, "--signing-key", party.signing_key),
            *("--published", federation.published, "--root", federation.root, "--out", out),
            *more,
        )
        return read_envelope(read_json(out.read_bytes()))

    justice = signed("justice", "李司法员")
    for more in ((), ("--officers", folder)):
        with pytest.raises(PermissionDenied, match="not certified"):
            read_opening([signed("police", "p1" if more else "王警官", *more), justice], federation.charter())
    certificate = OfficerCertificate(
        federation=federation.name,
        member="police",
        officer_id="p1",
        officer="王警官",
        issued_at=stamp(at - timedelta(hours=1)),
        expires_at=stamp(at + timedelta(hours=1)),
    )
    node = federation.party("police/node/police-1").signer
    envelope = sign_payload(CERTIFICATE, certificate.SerializeToString(), node)
    (folder / "p1.certificate").write_bytes(envelope.SerializeToString())
    opened = read_opening([signed("police", "p1", "--officers", folder), justice], federation.charter())
    assert [officer for officer, _ in opened.officers] == ["王警官", "李司法员"]

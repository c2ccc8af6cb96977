"""Drafts, requests and signatures by a member that wants more than the others see: each is refused, or shown."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.metadata import Root, Targets

from certs.authority_request import make_authority_request, read_authority_request
from certs.charter_checking import insist_sound
from certs.charter_differences import differences
from certs.charter_draft import ROOT, Base, CharterDraft
from certs.charter_drafts import toml_bytes
from certs.charter_plan import read_plan
from certs.charter_planning import draft_of
from certs.installation_request import read_request
from certs.signed_requests import signed_request
from certs.signing import load_signing_key, public_of
from federation.charter.parse import POLICY, parse_charter
from federation.errors import CharterUnusable, InvalidRequest, Stale
from federation.evidence.view import read_envelope, read_json
from federation.values.clock import now
from federation.values.identity import MemberId
from federation.values.keys import verification_key
from tests.support.founding import AGENCIES, GATEWAY, SERVERS, WINDOWS, Founding, founding_plan, prepared


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    made = prepared(tmp_path_factory.mktemp("prepared") / "f")
    made.authority("stranger", "--root")
    return made


@pytest.fixture
def agencies(template: Founding, tmp_path: Path) -> Founding:
    """Agencies that have exchanged requests and have founded nothing yet."""
    shutil.copytree(template.place, tmp_path / "f")
    return Founding(tmp_path / "f", template.endpoints)


@pytest.fixture
def document(agencies: Founding) -> dict[str, Any]:
    """The draft of the founding, as its file has it."""
    plan = agencies.plan("founding.toml", founding_plan(SERVERS, WINDOWS))
    return copy.deepcopy(draft_of(read_plan(plan, now=now()), Base(), now=now()).document())


def refused(document: dict[str, Any]) -> str:
    """Return why no agency signs the draft."""
    with pytest.raises(InvalidRequest) as caught:
        insist_sound(CharterDraft.read(document), Base(), now=now())
    return str(caught.value.message)


def test_another_key_under_an_agencys_key_id_is_no_share_of_the_root(document: dict[str, Any]) -> None:
    """Signers compare ids; the drafter's key stood behind the id of another agency's, and signed for it."""
    root = document["metadata"][ROOT]
    share = root["roles"]["targets"]["keyids"][0]
    root["keys"][share]["keyval"]["public"] = public_of(Ed25519PrivateKey.generate()).hex()
    assert "[KEY]" in refused(document)


def test_an_authority_that_the_policy_does_not_name_has_no_share_of_the_root(
    agencies: Founding, document: dict[str, Any]
) -> None:
    stranger = json.loads((agencies.post / "stranger.authority.json").read_text("utf-8"))
    root = CharterDraft.read(document).signed(ROOT)
    assert isinstance(root, Root)
    key = verification_key(read_authority_request(stranger).keys["root_key"])
    root.add_key(key, "root")
    root.add_key(key, "targets")
    document["metadata"][ROOT] = root.to_dict()
    document["requests"].append(stranger)
    assert "[POSSESSION]" in refused(document)


def test_the_publisher_has_no_share_of_the_root_by_its_publishers_key(document: dict[str, Any]) -> None:
    roles = document["metadata"][ROOT]["roles"]
    for role in ("root", "targets"):
        roles[role]["keyids"] += roles["timestamp"]["keyids"]
    assert "[POSSESSION]" in refused(document)


def test_an_authority_shows_itself_once(agencies: Founding, document: dict[str, Any]) -> None:
    keys = agencies.place / "again"
    shutil.copytree(agencies.of("police") / "keys", keys)
    (keys / "root.key").unlink()
    document["requests"].append(
        make_authority_request(keys, read_authority_request(document["requests"][0]).member)
    )
    assert "[POSSESSION]" in refused(document)


@pytest.mark.parametrize("without", ["files", "keyids", "version"])
def test_a_draft_that_lacks_a_part_is_refused_and_ends_no_program(
    document: dict[str, Any], without: str
) -> None:
    if without == "files":
        del document["files"][POLICY]
    elif without == "keyids":
        document["metadata"]["targets"]["delegations"]["roles"][0]["keyids"] = []
    else:
        document["metadata"][ROOT]["version"] = 5
    with pytest.raises((InvalidRequest, Stale)):
        insist_sound(CharterDraft.read(document), Base(), now=now())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"members": {"p": {"authority": "p"}}},
            {"members": {"p": {"authority": "q"}}, "members.p": {"authority": "p"}},
        ),
        (
            {"readings": [{"name": "n", "value": "no"}]},
            {"readings": [{"name": "n", "value": "yes"}], "readings[n]": {"value": "no"}},
        ),
        ({"purposes": {"case": ["p", "q"]}}, {"purposes": {"case": ["p, q"]}}),
    ],
)
def test_no_name_with_dots_or_brackets_hides_what_changes(before: Any, after: Any) -> None:
    """A table `"members.p"` gave its facts the names of another table's, and only the last was shown."""
    base = Base(root=Root(), files={POLICY: toml_bytes(before)})
    draft = CharterDraft(0, "", {"targets": _targets()}, {POLICY: toml_bytes(after)}, ())
    shown = {each.fact for each in differences(draft, base)}
    assert shown & {"policy.members.p.authority", "policy.readings[n].value", "policy.purposes.case"}


def test_an_authority_called_policy_hides_nothing_of_the_policy() -> None:
    base = Base(root=Root(), files={POLICY: toml_bytes({"federation": "a"})})
    files = {
        POLICY: toml_bytes({"federation": "b"}),
        "installations/policy.toml": toml_bytes({"federation": "a"}),
    }
    shown = [each.line for each in differences(CharterDraft(0, "", {"targets": _targets()}, files, ()), base)]
    assert "~ policy.federation: a -> b" in shown


def _targets() -> dict[str, Any]:
    made: dict[str, Any] = Targets().to_dict()
    return made


@pytest.mark.parametrize(
    "endpoint", ["unix:///run/x.sock:1", "dns:///a:1", "host", "host:0", "a b:1", "host:99999"]
)
def test_a_request_names_an_address_that_others_can_reach(agencies: Founding, endpoint: str) -> None:
    home = agencies.home(SERVERS["police"])
    document = json.loads((home / "request.json").read_text("utf-8"))
    payload = read_json(read_envelope(document).payload) | {"endpoint": endpoint}
    own = load_signing_key(home / "signing.key")
    with pytest.raises(InvalidRequest, match="ENDPOINT"):
        read_request(signed_request(document["payloadType"], payload, [own]))


def test_an_authority_shows_one_certificate_and_no_second_one_behind_it(agencies: Founding) -> None:
    """People compare the first; the second would be trusted as well."""
    keys = agencies.of("police") / "keys"
    other = (agencies.of("justice") / "keys" / "ca.pem").read_text("utf-8")
    (keys / "ca.pem").write_text((keys / "ca.pem").read_text("utf-8") + other, "utf-8")
    with pytest.raises(InvalidRequest, match="CERTIFICATE"):
        read_authority_request(make_authority_request(keys, MemberId("police")))


@pytest.mark.parametrize("member", ["targets", "root", "policy", "../x", "Police", "a.b"])
def test_a_member_has_no_name_that_a_published_charter_gives_to_something_else(
    agencies: Founding, member: str
) -> None:
    said = ["--federation", "hutong.example", "--member", member, "--out", agencies.place / "new"]
    assert "[FORMAT]" in agencies.typed("certs", "authority", *said, code=1)
    assert not (agencies.place / "new").exists()
    plan = agencies.plan(
        "m.toml", f'format = 1\n[[members]]\nid = "{member}"\ntitle = "x"\nclass = "police"\n'
    )
    out = agencies.post / "m.json"
    assert "members[0].id" in agencies.typed("charter", "draft", plan, "--out", out, code=1)


def test_a_false_signature_under_anothers_key_does_not_displace_the_true_one(
    agencies: Founding, document: dict[str, Any]
) -> None:
    """It stood in the place of the true one, and the message named the agency whose signature was good."""
    draft = agencies.post / "founding.draft.json"
    draft.write_text(json.dumps(document), "utf-8")
    signed = [agencies.sign(draft, each, "charter.key", "root.key", changes=False) for each in AGENCIES]
    signed.append(agencies.sign(draft, GATEWAY, "charter.key", changes=False))
    false = json.loads(signed[0].read_text("utf-8"))
    for made in false["signatures"].values():
        for each in made:
            each["sig"] = "00" * 64
    (agencies.post / "false.json").write_text(json.dumps(false), "utf-8")
    shown = agencies.publish(draft, *signed, agencies.post / "false.json", code=1)
    assert "false.json has a signature" in shown
    assert "[SIGNER]" in shown
    agencies.publish(draft, *signed)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (POLICY, "format = 1\nx = " + "[" * 5000 + "]" * 5000 + "\n"),
        (
            "installations/police.toml",
            'format = 1\nauthority = "police"\nrevoked = []\n[[certified_officers]]\nmember = "police"\n'
            f'since = "2026-01-01T00:00:00.000000Z"\nlife_minutes = {10**20}\n',
        ),
    ],
)
def test_a_file_of_the_charter_that_nobody_can_hold_is_refused_by_its_name(
    document: dict[str, Any], path: str, text: str
) -> None:
    """It ended the program of everybody who read it."""
    files = {name: content.encode() for name, content in document["files"].items()}
    with pytest.raises(CharterUnusable, match=path):
        parse_charter({**files, path: text.encode()}, version=1)

"""Officers are registered at their member's node; where two must act, they are two people with two keys (R12, R34)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.signing import new_signing_key
from compose.cli import main
from compose.local.layout import NODES
from federation.client import Client, Connection, Credentials
from federation.client.officer_keys import write_entry
from federation.client.officers import Officers
from federation.errors import (
    AlreadyExists,
    BadEnvelope,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    PermissionDenied,
)
from federation.v1 import record_pb2, sealing_pb2
from tests.support import applying
from tests.support.applying import ACCEPTOR, HANDLER, REVIEWER
from tests.support.asking import case
from tests.support.local import LocalFederation, local_federation
from tests.support.records import Someone, record

Fed = LocalFederation
FIRST, WHY = "科长", "登记民警"


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fed]:
    """Return a federation in which police, procuratorate and justice have begun to register officers."""
    with local_federation(tmp_path_factory.mktemp("officers")) as federation:
        yield federation


@pytest.fixture(scope="module")
def police(fed: Fed) -> Officers:
    """Return the roll of the police node, on which the first officer has registered himself."""
    with pytest.raises(InvalidRequest, match="first officer"):
        fed.client("police", FIRST).officers("police-1").register("p002", "李警官", reason=WHY)
    fed.client("police", FIRST).officers("police-1").register("p001", FIRST, reason=WHY)
    write_entry(_folder(fed, "police"), id="p001", name=FIRST, key="")
    return fed.client("police", "p001").officers("police-1")


def _folder(fed: Fed, member: str) -> Path:
    folder = fed.layout.officers(member)
    folder.mkdir(exist_ok=True)
    return folder


def registered(fed: Fed, roll: Officers, member: str, id: str, name: str, *, own_key: bool) -> None:
    """Register an officer, and describe him or her in the folder of the member's window."""
    folder = _folder(fed, member)
    key = new_signing_key(folder / f"{id}.key") if own_key else b""
    roll.register(id, name, key=key, reason=WHY)
    write_entry(folder, id=id, name=name, key=f"{id}.key" if own_key else "")


def test_r12_from_the_first_registration_on_only_registered_officers_act(fed: Fed, police: Officers) -> None:
    someone = Someone()
    for stranger in ("路人甲", "p001x"):
        with pytest.raises(PermissionDenied) as refused:
            fed.client("police", stranger).register.enter("police-1", record(someone, "police"))
        assert refused.value.reason == "OFFICER_NOT_REGISTERED"
    registered(fed, police, "police", "p010", "赵登记", own_key=False)
    with fed.fresh_client("police", "赵登记") as client:
        receipt = client.register.enter("police-1", record(someone, "police"))
    with fed.fresh_client("police", "p010") as client:
        assert client.register.history("police-1", receipt.record_id)[0].provenance.officer == "赵登记"
    # Nobody is registered at the procuratorate, and courts have no node.
    assert (
        fed.client("procuratorate", "路人乙").register.enter("procuratorate-1", record(Someone())).record_id
    )
    assert fed.client("court", "路人丙").ask(case(someone.subject())).answer
    entries = [e for e in fed.node_entries("police") if e["kind"] == "officer_registered"]
    assert [(e["id"], e["name"], e["officer"], e["reason"]) for e in entries][:2] == [
        ("p001", FIRST, FIRST, WHY),
        ("p010", "赵登记", FIRST, WHY),
    ]


@pytest.mark.parametrize("spelling", ["钱 警官", "钱-警官", "钱\u3000警官"])
def test_r12_two_spellings_of_one_officer_are_refused(fed: Fed, police: Officers, spelling: str) -> None:
    if not any(officer.id == "p020" for officer in police.list(reason="核对")):
        police.register("p020", "钱警官", reason=WHY)
    with pytest.raises(AlreadyExists, match="two spellings"):
        police.register("p021", spelling, reason=WHY)
    with pytest.raises(AlreadyExists):
        police.register("p020", "孙警官", reason=WHY)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "P 1"}, "id"),
        ({"name": "周警官\u200b"}, "name"),
        ({"key": b"short"}, "key"),
        ({"reason": "…"}, "reason"),
    ],
)
def test_r12_what_is_wrong_with_a_registration_is_named(
    police: Officers, wrong: dict[str, object], field: str
) -> None:
    said: dict[str, object] = {"id": "p030", "name": "周警官", "key": b"", "reason": WHY} | wrong
    id, name = str(said.pop("id")), str(said.pop("name"))
    with pytest.raises(InvalidRequest) as refused:
        police.register(id, name, **said)  # type: ignore[arg-type]
    assert [v.field for v in refused.value.violations] == [field]


def test_r12_an_officer_who_was_removed_acts_no_more_and_the_last_one_stays(
    fed: Fed, police: Officers
) -> None:
    registered(fed, police, "police", "p040", "吴警官", own_key=False)
    with fed.fresh_client("police", "吴警官") as client:
        client.notices.waiting("police-1")
        police.remove("p040", reason="调离")
        with pytest.raises(PermissionDenied):
            client.notices.waiting("police-1")
    with pytest.raises(NotFound):
        police.remove("p040", reason="再次")
    with pytest.raises(AlreadyExists):
        police.register("p040", "郑警官", reason=WHY)
    police.register("p041", "吴警官", reason="调回")
    roll = fed.client("state_security", "王").officers("state-security-1")
    roll.register("s1", "王", reason=WHY)
    write_entry(_folder(fed, "state_security"), id="s1", name="王", key="")
    with fed.fresh_client("state_security", "王") as client, pytest.raises(OutOfOrder) as refused:
        client.officers("state-security-1").remove("s1", reason="唯一")
    assert refused.value.reason == "LAST_OFFICER"


def test_r12_who_has_a_key_of_their_own_signs_with_it(fed: Fed, police: Officers, tmp_path: Path) -> None:
    registered(fed, police, "police", "p050", "冯警官", own_key=True)
    with fed.fresh_client("police", "冯警官") as client:
        client.notices.waiting("police-1")

    def insist_refused(folder: Path) -> None:
        with as_officer(fed, "police", folder, "冯警官") as client, pytest.raises(BadEnvelope) as refused:
            client.notices.waiting("police-1")
        assert refused.value.reason == "OFFICER_NOT_SIGNED"

    write_entry(tmp_path, id="p050", name="冯警官", key="")
    insist_refused(tmp_path)
    new_signing_key(tmp_path / "another.key")
    write_entry(tmp_path, id="p050", name="冯警官", key="another.key")
    insist_refused(tmp_path)


def as_officer(fed: Fed, member: str, folder: Path, officer: str) -> Client:
    """Return a client of the member's window whose officers another folder describes."""
    client = fed.fresh_client(member, officer)
    credentials: Credentials = replace(client.connection._credentials, officers=folder)
    return Client(Connection(trust=client.connection._trust, credentials=credentials, officer=officer))


def test_r34_two_officers_of_one_window_sign_with_two_keys(fed: Fed) -> None:
    """Without keys of their own the window alone would vouch that they are two."""
    with fed.fresh_client("justice", FIRST) as client:
        client.officers("justice-1").register("j0", FIRST, reason=WHY)
    write_entry(_folder(fed, "justice"), id="j0", name=FIRST, key="")
    with fed.fresh_client("justice", FIRST) as client:
        roll = client.officers("justice-1")
        registered(fed, roll, "justice", "j1", ACCEPTOR, own_key=True)
        registered(fed, roll, "justice", "j2", REVIEWER, own_key=True)
        registered(fed, roll, "justice", "j3", HANDLER, own_key=True)
        registered(fed, roll, "justice", "j4", "处理员无钥", own_key=False)
    reviewed = applying.approved(fed, "justice", applying.own(Someone()))
    assert [event.own_key for event in reviewed.application.events] == [True, True, True]
    with fed.fresh_client("justice", "处理员无钥") as client, pytest.raises(PermissionDenied) as refused:
        client.applications(NODES["justice"]).answer(reviewed.application)
    assert refused.value.reason == "ONE_SIGNER"
    with fed.fresh_client("justice", HANDLER) as client:
        answered = client.applications(NODES["justice"]).answer(reviewed.application)
    assert answered.documents


def test_r34_the_head_who_approves_a_verification_is_an_officer_on_the_roll(fed: Fed) -> None:
    """Two spellings of a name, or a name that nobody bears, are no second person."""
    accepted = applying.accepted(fed, "justice", applying.own(Someone())).application
    with fed.fresh_client("justice", REVIEWER) as client:
        window = client.applications(NODES["justice"])
        for nobody in ("某局长", f"{FIRST[0]} {FIRST[1]}"):
            with pytest.raises(PermissionDenied) as refused:
                window.review(accepted, applying.VERIFY, note="身份信息冲突", approved_by=nobody)
            assert refused.value.reason == "OFFICER_NOT_REGISTERED"
        with pytest.raises(PermissionDenied) as same:
            window.review(accepted, applying.VERIFY, note="身份信息冲突", approved_by=REVIEWER)
        assert same.value.reason == "HEAD_NEEDED"
        assert window.review(
            accepted, applying.VERIFY, note="身份信息冲突", approved_by=FIRST
        ).application.verifying


def test_r34_the_leader_who_approves_a_decision_on_age_is_an_officer_on_the_roll(
    fed: Fed, police: Officers
) -> None:
    """Else one officer alone, with a name that nobody bears, opens a withheld record."""
    registered(fed, police, "police", "p030", "钱科长", own_key=False)
    made = record(Someone(), "police")
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    with fed.fresh_client("police", "p001") as client:
        body = sealing_pb2.AgeDecision(
            record_id=client.register.enter("police-1", made).record_id,
            expected_version=1,
            reason="核对户籍档案",
            instrument=record_pb2.Instrument(reference="（2026）核字第1号", issuer="某公安局"),
        )
        for nobody in ("某局长", "钱 科长"):
            body.approved_by = nobody
            with pytest.raises(PermissionDenied) as refused:
                client.seals.decide("police-1", body)
            assert refused.value.reason == "OFFICER_NOT_REGISTERED"
        body.approved_by = "钱科长"
        assert client.seals.decide("police-1", body).version == 2


def test_r12_officers_are_registered_removed_and_listed_by_commands(fed: Fed, police: Officers) -> None:
    home, folder = str(fed.layout.home), _folder(fed, "police")

    def run(*words: str) -> str:
        said = [
            "node",
            "officers",
            *words,
            "--home",
            home,
            "--node",
            "police-1",
            "--officer",
            FIRST,
            "--reason",
            WHY,
        ]
        ran = CliRunner().invoke(main, said)
        assert ran.exit_code == 0, ran.output
        return ran.output

    run("register", "p060", "陈警官", "--own-key", "--folder", str(folder))
    assert json.loads((folder / "p060.json").read_text("utf-8"))["key"] == "p060.key"
    assert {path.stat().st_mode & 0o077 for path in folder.glob("p060.*")} == {0}, "whatever the umask"
    with fed.fresh_client("police", "p060") as client:
        client.notices.waiting("police-1")
    run("register", "p061", "褚警官", "--own-key")  # into the folder that the window names
    with fed.fresh_client("police", "p061") as client:
        client.notices.waiting("police-1")
    (listed,) = [each for each in json.loads(run("list", "--json")) if each["id"] == "p060"]
    assert listed["name"] == "陈警官"
    words = ["node", "officers", "certify", "--home", home, "--node", "police-1", "--officer", "p060"]
    certified = CliRunner().invoke(main, words)
    assert certified.exit_code == 0, certified.output
    assert "陈警官 (p060) is certified until" in certified.output
    assert (folder / "p060.certificate").stat().st_mode & 0o777 == 0o600
    run("remove", "p060")
    (folder / "p060.certificate").unlink()
    assert CliRunner().invoke(main, words).exit_code == 1, "who was removed is certified no more"
    with fed.fresh_client("police", "p060") as client, pytest.raises(PermissionDenied):
        client.notices.waiting("police-1")

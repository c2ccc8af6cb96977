"""`hutong verify` and `hutong audit verify`: trust comes from the verifier, never from the document."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.evidence.audit_cli import audit
from compose.evidence.verify_cli import EXIT_CODES, verify_command
from compose.trust.pins import CharterAtTime, find, pin, trust
from federation.charter.envelope import ANSWER, sign_payload
from federation.client.description import fingerprint
from federation.errors import CharterUnusable
from federation.evidence.answer_file import document_text, render
from federation.evidence.checkpoint import sign_checkpoint
from federation.evidence.entry import body_bytes, salted_leaf
from federation.evidence.export import checkpoint_line, entry_line, header_line
from federation.evidence.merkle import Frontier
from federation.evidence.report import Verdict
from federation.evidence.view import envelope_json
from federation.v1 import query_pb2 as pb
from federation.values import clock
from tests.support.federation import FEDERATION, GATEWAY, SmallFederation

SIGNED = EXIT_CODES[Verdict.SIGNED]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("federation"))


@pytest.fixture(autouse=True)
def _nothing_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("HUTONG_HOME", raising=False)
    return iter(())


@pytest.fixture
def answer(small: SmallFederation, tmp_path: Path) -> Path:
    charter = small.charter()
    message = pb.Answer(
        federation=FEDERATION,
        charter_version=charter.version,
        charter_digest=charter.digest,
        answer_id="a-1",
        gateway=GATEWAY,
        answered_at=clock.stamp(clock.now()),
        purpose=pb.PURPOSE_PUBLIC,
        granularity=pb.GRANULARITY_YES_NO,
        completeness=pb.COMPLETENESS_COMPLETE,
        finding=pb.FINDING_NO,
        outcomes=[
            pb.NodeOutcome(node=node.name, agency=node.agency, outcome=pb.OUTCOME_ANSWERED)
            for node in charter.required_nodes("public")
        ],
    )
    envelope = sign_payload(ANSWER, message.SerializeToString(), small.party(GATEWAY).signer)
    path = tmp_path / "answer.json"
    path.write_text(document_text(render(envelope)), "utf-8")
    return path


@pytest.fixture
def export(small: SmallFederation, tmp_path: Path) -> Path:
    tree, lines = Frontier(), []
    for index in range(5):
        body = body_bytes("entered", "2026-01-01T00:00:00.000000Z", number=index)
        tree.append(salted_leaf(bytes(32), body))
        lines.append(entry_line(index, bytes(32), body))
    newest = sign_checkpoint(
        signer=small.party("police/node/police-1").signer,
        federation=FEDERATION,
        size=5,
        root=tree.root(),
        signed_at=clock.now(),
        charter_version=1,
    )
    header = header_line(
        federation=FEDERATION,
        installation="police/node/police-1",
        charter=small.charter(),
        exported_at=clock.now(),
        newest=newest,
    )
    path = tmp_path / "log.jsonl"
    path.write_text("".join([header, *lines, checkpoint_line(newest)]), "utf-8")
    (tmp_path / "checkpoint.json").write_text(json.dumps(envelope_json(newest)), "utf-8")
    return path


def verified(*arguments: object) -> Result:
    return CliRunner().invoke(verify_command, [str(argument) for argument in arguments])


def audited(*arguments: object) -> Result:
    return CliRunner().invoke(audit, ["verify", *(str(argument) for argument in arguments)])


def test_a_saved_answer_is_checked_under_the_charter_that_is_named(
    small: SmallFederation, answer: Path
) -> None:
    result = verified(answer, "--charter", small.published)
    assert result.exit_code == SIGNED, result.output  # a yes or no rests on the gateway's signature
    assert "Signed by the gateway, not proven" in result.output


def test_json_lists_every_check(small: SmallFederation, answer: Path) -> None:
    result = verified(answer, "--charter", small.published, "--root", small.root, "--json")
    document = json.loads(result.output)
    assert (document["holds"], document["verdict"]) == (True, "signed")
    assert {"name": "view", "verdict": "ok"}.items() <= document["checks"][2].items()


def test_one_changed_byte_fails_and_says_where(small: SmallFederation, answer: Path) -> None:
    answer.write_text(answer.read_text("utf-8").replace('"finding": "NO"', '"finding": "NA"'), "utf-8")
    result = verified(answer, "--charter", small.published)
    assert result.exit_code == 1
    assert "answer.finding" in result.output


def test_without_anything_trusted_it_says_what_to_do(answer: Path) -> None:
    result = verified(answer)
    assert result.exit_code == 1
    assert "--charter" in result.output.replace("\n", " ")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format":"hutong-answer-v1"}', b"\xff\xfe"])
def test_what_is_no_answer_fails_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    result = verified(path)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)


def test_the_home_of_a_federation_whose_root_is_pinned_is_enough(
    small: SmallFederation, answer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    described = {"charter": str(small.published), "charter_root": fingerprint(small.root.read_bytes())}
    (home / "federation.json").write_text(json.dumps(described), "utf-8")
    assert verified(answer, "--home", home).exit_code == SIGNED
    monkeypatch.setenv("HUTONG_HOME", str(home))
    assert verified(answer).exit_code == SIGNED
    assert verified(answer, "--home", tmp_path / "elsewhere").exit_code == 1


def test_a_pinned_charter_serves_when_the_federation_is_gone(small: SmallFederation, answer: Path) -> None:
    pin(FEDERATION, small.published)
    pin(FEDERATION, small.published)
    assert verified(answer).exit_code == SIGNED
    assert CharterAtTime(find(FEDERATION))(clock.now()).federation == FEDERATION


def test_a_pin_is_never_replaced_by_another_root(small: SmallFederation, tmp_path: Path) -> None:
    pin(FEDERATION, small.published)
    other = SmallFederation(tmp_path / "impostor", agencies=("police",))
    with pytest.raises(CharterUnusable, match="another root"):
        pin(FEDERATION, other.published)


def test_an_answer_under_an_impostors_charter_does_not_hold(answer: Path, tmp_path: Path) -> None:
    other = SmallFederation(tmp_path / "impostor")
    result = verified(answer, "--charter", other.published, "--json")
    failed = {c["name"] for c in json.loads(result.output)["checks"] if c["verdict"] == "failed"}
    assert "signature" in failed


def test_a_charter_altered_on_disk_is_not_trusted(small: SmallFederation, tmp_path: Path) -> None:
    place = pin(FEDERATION, small.published)
    target = next((place / "targets").rglob("*.toml"))
    target.write_bytes(target.read_bytes() + b"\n")
    with pytest.raises(CharterUnusable):
        CharterAtTime(find(FEDERATION))(clock.now())


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a..b", "A", "x" * 300])
def test_a_name_of_a_federation_is_never_a_path(name: str) -> None:
    with pytest.raises(CharterUnusable, match="no name of a federation"):
        find(name)


def test_a_folder_without_a_charter_is_named(tmp_path: Path) -> None:
    with pytest.raises(CharterUnusable, match="no published charter"):
        trust(FEDERATION, home=None, charter=tmp_path)


def test_an_export_is_checked_and_counted(small: SmallFederation, export: Path) -> None:
    result = audited(export, "--charter", small.published)
    assert result.exit_code == 0, result.output
    assert "The export holds." in result.output
    known = export.parent / "checkpoint.json"
    document = json.loads(audited(export, "--charter", small.published, "--known", known, "--json").output)
    assert (document["holds"], document["entries"], document["kinds"]) == (True, 5, {"entered": 5})


def test_a_changed_export_fails(small: SmallFederation, export: Path) -> None:
    lines = export.read_text("utf-8").splitlines(keepends=True)
    export.write_text("".join(lines[:3] + lines[4:]), "utf-8")
    result = audited(export, "--charter", small.published)
    assert result.exit_code == 1
    assert "missing" in result.output


def test_an_export_without_trust_or_header_ends_in_a_sentence(export: Path, tmp_path: Path) -> None:
    assert "--charter" in audited(export).output
    (tmp_path / "empty").write_bytes(b"")
    result = audited(tmp_path / "empty")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)

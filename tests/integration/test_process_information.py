"""Compulsory measures and withdrawn cases are a class of their own: they leave no trace at any door (R64).

Without an effective judgment of guilt there is no criminal record, and process information is none (2021 Provisions
art. 2). One person has a record of every kind at every holder, another none; everything that leaves is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from google.protobuf.json_format import MessageToDict

from compose.cli import main
from federation.documents.rendering import text_of
from federation.v1 import application_pb2, record_pb2, related_pb2
from tests.support import applying, related
from tests.support.local import LocalFederation
from tests.support.notices import judgment, release, sent, stages
from tests.support.records import Someone, case_number, rare_name

HOLDERS = ("police", "procuratorate", "state_security")
KINDS = [kind for kind in related_pb2.ProcessKind.values() if kind]
VARIES = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")
APPLICATIONS: dict[str, Callable[[Someone], application_pb2.Submission]] = {
    "own": applying.own,
    "public": applying.public,
    "notarisation": applying.notarisation,
    "defence": applying.defence,
    "case": applying.case,
    "roster": lambda who: applying.roster(who),
}


@pytest.fixture(scope="module")
def people(running_federation: LocalFederation) -> tuple[Someone, Someone]:
    """Return who has a record of every kind at every holder, imported and entered, and who has none."""
    someone, nobody = Someone(name=rare_name()), Someone(name=rare_name())
    for agency in HOLDERS:
        for kind in KINDS:
            running_federation.enter(agency, related.process(someone, kind))
    return someone, nobody


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_r64_process_information_leaves_no_trace_in_any_document(
    running_federation: LocalFederation, people: tuple[Someone, Someone], kind: str
) -> None:
    documents = []
    for person in people:
        [document] = applying.answered(running_federation, "police", APPLICATIONS[kind](person)).documents
        said = text_of(document)
        assert not any(word in said for word in ("拘留", "逮捕", "撤销案件", "取保候审", "过程信息"))
        assert record_pb2.RECORD_CLASS_PROCESS not in document.classes_searched
        for field in (*VARIES, "roster", "issued_to"):
            document.ClearField(field)  # type: ignore[arg-type]
        documents.append(document.SerializeToString(deterministic=True).hex())
    assert documents[0] == documents[1]


def test_r64_a_notice_finds_no_process_information(
    running_federation: LocalFederation, people: tuple[Someone, Someone]
) -> None:
    prison, told = running_federation.client("prison"), []
    for person in people:
        notice = release(judgment(person, number=case_number()))
        (tracked,) = sent(prison, notice)
        told.append(stages(tracked))
        waiting = running_federation.client("police").notices.waiting("police-1")
        [its] = [w for w in waiting if w.digest == tracked.notice]
        assert not [c for c in its.candidates if c.record.record_class != record_pb2.RECORD_CLASS_CRIMINAL]
    assert told[0] == told[1]


def test_r64_process_information_is_imported_into_its_class(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    someone = Someone(name=rare_name())
    file = tmp_path / "process.jsonl"
    rows = [MessageToDict(related.process(someone, kind), preserving_proto_field_name=True) for kind in KINDS]
    mixed = dict(rows[0], verdict="VERDICT_GUILTY")
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [*rows, mixed]), "utf-8")
    home = str(running_federation.layout.home)
    command = ["node", "import", str(file), "--home", home, "--node", "police-1", "--officer", "甲", "--json"]
    done = CliRunner().invoke(main, command)
    summary = json.loads(done.output)
    assert (summary["entered"], summary["quarantined"]) == (len(KINDS), 1), done.output
    [document] = applying.answered(running_federation, "police", applying.own(someone)).documents
    assert "未发现" in text_of(document)

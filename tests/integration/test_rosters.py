"""Many persons in one application: one review, one handling, an answer for each (R36, R37, R41)."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.applications.question import questions_of
from federation.client.applications import VerifiedStep
from federation.documents.file import render
from federation.documents.rendering import text_of
from federation.errors import HutongError, InvalidRequest, OutOfOrder, PermissionDenied, Stale
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, record_pb2
from tests.support import applying
from tests.support.applying import ACCEPTOR, HANDLER, REEXAMINER, REVIEWER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, record, sealed_record

NONE, FOUND, UNSETTLED = (
    document_pb2.DOCUMENT_RESULT_NONE,
    document_pb2.DOCUMENT_RESULT_FOUND,
    document_pb2.DOCUMENT_RESULT_UNSETTLED,
)


@pytest.fixture(scope="module")
def barred(running_federation: LocalFederation) -> Someone:
    """Somebody whom 教师法 14 bars: an intentional crime with fixed-term imprisonment."""
    someone = Someone(name="欧阳锋")
    running_federation.enter("procuratorate", record(someone))
    return someone


@pytest.fixture(scope="module")
def unclear(running_federation: LocalFederation) -> Someone:
    """Somebody under whose number a person of another name and birth date is on record."""
    someone = Someone(name="裘千仞")
    stranger = record(someone)
    stranger.person.names[0].text = "裘千丈"
    stranger.person.birth_date = "1971-02-03"
    stranger.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("procuratorate", stranger)
    return someone


def results(letter: document_pb2.Document) -> list[tuple[str, int]]:
    return [(line.subject.name, line.result) for line in letter.roster]


def test_r37_a_roster_is_reviewed_and_handled_once_and_each_person_has_an_answer(
    running_federation: LocalFederation, barred: Someone, unclear: Someone
) -> None:
    clean = Someone(name="郭靖")
    submission = applying.roster(clean, barred, unclear, basis="TCH-14")
    done = applying.answered(running_federation, "police", submission)
    assert [e.step for e in done.application.events] == [
        pb.APPLICATION_STEP_SUBMIT,
        pb.APPLICATION_STEP_ACCEPT,
        pb.APPLICATION_STEP_APPROVE,
        pb.APPLICATION_STEP_ANSWER,
    ]
    [letter] = done.documents
    assert results(letter) == [(clean.name, NONE), (barred.name, FOUND), (unclear.name, UNSETTLED)]
    text = text_of(letter)
    assert f"2．{barred.name}（公民身份号码{barred.number}）：有上述规定所指的犯罪记录。" in text
    assert "盗窃" not in text
    assert "就该人单独申请" in text
    mandate = done.application.mandate
    asked = [str(e.get("mandate")) for e in running_federation.gateway_entries() if e["kind"] == "request"]
    assert sorted(m for m in asked if m.startswith(mandate)) == [f"{mandate}#{n:04d}" for n in (1, 2, 3)]


def test_r37_a_letter_for_each_person_names_nobody_else(
    running_federation: LocalFederation, barred: Someone
) -> None:
    clean = Someone(name="黄蓉")
    submission = applying.roster(clean, barred, basis="TCH-14", letter_each=True)
    done = applying.answered(running_federation, "police", submission)
    first, second = done.documents
    assert (first.result, second.result) == (NONE, FOUND)
    assert (first.subject.name, second.subject.name) == (clean.name, barred.name)
    assert barred.name not in text_of(first)
    assert [first.number[-2:], second.number[-2:]] == ["02", "03"]
    shown = applications(running_federation, "police", HANDLER).show(done.application.number)
    assert [d.number for d in shown.documents][-2:] == [first.number, second.number]


VARIES = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")


@pytest.mark.parametrize("letter_each", [False, True])
def test_r41_a_roster_with_a_sealed_person_is_that_with_a_person_with_none(
    running_federation: LocalFederation, letter_each: bool
) -> None:
    sealed, made = sealed_record("police")
    running_federation.enter("police", made)
    nobody, other = Someone(born=sealed.born), Someone(name="洪七公")
    done = [
        applying.answered(
            running_federation,
            "police",
            applying.roster(someone, other, basis="TCH-14", letter_each=letter_each),
        )
        for someone in (sealed, nobody)
    ]
    assert _sizes(done[0]) == _sizes(done[1])
    assert done[0].application.ByteSize() == done[1].application.ByteSize()
    for one, another in zip(done[0].documents, done[1].documents, strict=True):
        assert len(text_of(one).encode()) == len(text_of(another).encode())
        assert _bare(one) == _bare(another)


def _sizes(done: VerifiedStep) -> list[int]:
    return [len(envelope.SerializeToString()) for envelope in done.envelopes]


def _bare(document: document_pb2.Document) -> document_pb2.Document:
    for field in VARIES:
        document.ClearField(field)  # type: ignore[arg-type]
    for line in document.roster:
        for field in ("subject", "request_digest", "answer_digest"):
            line.ClearField(field)  # type: ignore[arg-type]
    return document


def test_r7_no_letter_about_a_roster_while_a_node_is_down_and_nothing_is_lost_by_kill(
    running_federation: LocalFederation, barred: Someone
) -> None:
    police, justice = node_installation("police"), node_installation("justice")
    submission = applying.roster(barred, Someone(), basis="TCH-14")
    application = applying.approved(running_federation, "police", submission).application
    running_federation.signal(police, signal.SIGKILL)
    running_federation.up(police)
    with running_federation.fresh_client("police", HANDLER) as client:
        handler = client.applications(NODES["police"])
        assert handler.show(application.number).application == application
        running_federation.down(justice)
        try:
            with pytest.raises(OutOfOrder) as refused:
                handler.answer(application)
            assert refused.value.reason == "ANSWER_NOT_COMPLETE"
        finally:
            running_federation.up(justice)
        done = handler.answer(application)
    running_federation.signal(police, signal.SIGKILL)
    running_federation.up(police)
    with running_federation.fresh_client("police", HANDLER) as client:
        shown = client.applications(NODES["police"]).show(application.number)
    assert (shown.application, shown.envelopes[-1:]) == (done.application, done.envelopes)


def test_r34_of_two_officers_handling_a_roster_at_once_one_wins(running_federation: LocalFederation) -> None:
    application = applying.approved(
        running_federation, "police", applying.roster(Someone(), Someone())
    ).application
    outcomes: list[str] = []
    asked = {}
    for officer in ("处理员一", "处理员二"):
        asked[officer] = applications(running_federation, "police", officer).ask_all(application)
    gate = threading.Barrier(2)

    def handle(officer: str) -> None:
        handler = applications(running_federation, "police", officer)
        gate.wait()
        try:
            handler.handle(application, applying.ANSWER, asked=asked[officer])
        except Stale as stale:
            outcomes.append(f"stale: {'look at it again' in stale.message}")
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=handle, args=(officer,)) for officer in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "stale: True"]


def test_an_answer_of_another_row_or_one_too_few_makes_no_letter(running_federation: LocalFederation) -> None:
    application = applying.approved(
        running_federation, "police", applying.roster(Someone(), Someone())
    ).application
    handler = applications(running_federation, "police", HANDLER)
    first, second = handler.ask_all(application)
    for asked in ([first], [second, first], [first, first], [first, second, second]):
        with pytest.raises((InvalidRequest, HutongError)):
            handler.handle(application, applying.ANSWER, asked=asked)
    with pytest.raises(PermissionDenied) as borrowed:
        applications(running_federation, "police", "处理员己").handle(
            application, applying.ANSWER, asked=[first, second]
        )
    assert borrowed.value.reason == "ANOTHER_ASKED"
    handler.handle(application, applying.ANSWER, asked=[first, second])


def test_r34_a_founded_objection_to_a_roster_replaces_every_letter(
    running_federation: LocalFederation,
) -> None:
    done = applying.answered(
        running_federation, "police", applying.roster(Someone(), Someone(), letter_each=True)
    )
    window = applications(running_federation, "police", ACCEPTOR)
    objected = window.object(done.application, "第二人身份号码有误").application
    judged = applications(running_federation, "police", REEXAMINER).review(
        objected, applying.CORRECT, [applying.GROUND]
    )
    closed = applications(running_federation, "police", HANDLER).answer(judged.application)
    *letters, opinion = closed.documents
    assert [letter.supersedes for letter in letters] == [letter.number for letter in done.documents]
    assert opinion.kind == document_pb2.DOCUMENT_KIND_REEXAMINATION_OPINION
    for old, new in zip(done.documents, letters, strict=True):
        assert window.check(old.number, old.code).superseded_by == new.number


def test_the_questions_of_a_roster_are_the_same_at_window_and_node(
    running_federation: LocalFederation,
) -> None:
    persons = [Someone(), Someone()]
    application = applying.approved(running_federation, "police", applying.roster(*persons)).application
    questions = questions_of(application, officer=HANDLER)
    assert [q.subject for q in questions] == [p.subject() for p in persons]
    assert len({len(q.mandate) for q in questions}) == 1
    assert REVIEWER != HANDLER


@pytest.mark.parametrize(
    ("before", "after"),
    [("：未发现上述", "：有上述"), ('"result": "none"', '"result": "found"'), ("", "")],
)
def test_a_roster_letter_is_verified_offline_and_no_line_of_it_can_be_changed(
    running_federation: LocalFederation, tmp_path: Path, before: str, after: str
) -> None:
    done = applying.answered(running_federation, "police", applying.roster(Someone(), Someone()))
    saved = json.dumps(render(done.envelopes[0]), ensure_ascii=False, indent=2)
    path = tmp_path / "letter.json"
    path.write_text(saved.replace(before, after, 1) if before else saved, "utf-8")
    home = str(running_federation.layout.home)
    checked = CliRunner().invoke(main, ["verify", "--home", home, str(path), "--json"])
    assert before in saved
    changed = bool(before)
    assert (checked.exit_code, json.loads(checked.output)["holds"]) == (int(changed), not changed)

"""The notice served on the person, and what the record of one offender may tell of a sealed other (2022 art. 5)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from federation.documents.document import TITLES, read
from federation.documents.rendering import text_of
from federation.errors import InvalidRequest, NotFound, PermissionDenied
from federation.evidence.answer_file import document_text, render
from federation.v1 import document_pb2, query_pb2, sealing_pb2
from tests.support import asking
from tests.support.documents import digest, naming, pdf, released
from tests.support.local import LocalFederation
from tests.support.notices import judgment, sent
from tests.support.records import (
    MINOR,
    Someone,
    case_number,
    open_record,
    record,
    sealed_record,
    withheld_record,
)

EXEMPTION = "第一百条第二款"
UNDERTAKING = query_pb2.Undertaking(
    signed_by="王警官", text="保密承诺书", reason="办案需要", scope="仅用于本案"
)


def notice(record_id: str, **fields: str) -> sealing_pb2.NoticeOfSealing:
    fields = {"served_on": "张三丰", "reason": "送达"} | fields
    return sealing_pb2.NoticeOfSealing(record_id=record_id, **fields)


def together(federation: LocalFederation) -> tuple[Someone, Someone]:
    """Enter one judgment about an adult and about somebody under eighteen, at the procuratorate."""
    adult, minor, number = Someone(name="成年人"), Someone(name="未成年人", born=MINOR), case_number()
    for offender in (adult, minor):
        federation.enter("procuratorate", record(offender, number=number))
    return adult, minor


def test_r41_the_notice_of_sealing_tells_the_person_of_the_exemption_from_reporting(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    someone, made = sealed_record("police")
    receipt = running_federation.enter("police", made)
    out = tmp_path / "notice.json"
    common = ["--home", str(running_federation.layout.home), "--node", "police-1", "--officer", "王警官"]
    options = ["--reason", "送达", "--served-on", "张父", "--capacity", "法定代理人", "--out", str(out)]
    runner = CliRunner()
    ran = runner.invoke(main, ["node", "sealing", "notice", *common, *options, receipt.record_id])
    assert ran.exit_code == 0, ran.output
    file = json.loads(out.read_text("utf-8"))
    text = "\n".join(file["text"])
    for part in ("犯罪记录封存通知书", "张父（法定代理人）：", someone.number, EXEMPTION):
        assert part in text
    verified = runner.invoke(main, ["verify", str(out), "--home", str(running_federation.layout.home)])
    assert verified.exit_code == 0, verified.output
    out.write_text(out.read_text("utf-8").replace("张父", "李父"), "utf-8")
    assert runner.invoke(main, ["verify", str(out), "--home", str(running_federation.layout.home)]).exit_code
    [entry] = [
        e
        for e in running_federation.node_entries("police")
        if e.get("purpose") == "notice" and e["record"] == receipt.record_id
    ]
    assert (entry["kind"], entry["officer"], entry["reason"]) == ("sealed_access", "王警官", "送达")


def test_r41_there_is_a_notice_of_what_is_sealed_only_for_the_own_agency_alone(
    running_federation: LocalFederation,
) -> None:
    police = running_federation.client("police")
    ids = [
        running_federation.enter("police", open_record("police")[1]).record_id,
        running_federation.enter("police", withheld_record("police")[1]).record_id,
        "00" * 16,
    ]
    for record_id in ids:
        with pytest.raises(NotFound, match="no record of that id is sealed here"):
            police.seals.notice("police-1", notice(record_id))
    sealed = running_federation.enter("police", sealed_record("police")[1]).record_id
    for field in ("served_on", "reason"):
        with pytest.raises(InvalidRequest, match=field):
            police.seals.notice("police-1", notice(sealed, **{field: ""}))
    with pytest.raises(PermissionDenied):
        running_federation.client("court").seals.notice("police-1", notice(sealed))
    assert read(police.seals.notice("police-1", notice(sealed))).kind == (
        document_pb2.DOCUMENT_KIND_SEALING_NOTICE
    )


def test_r41_no_other_text_tells_of_the_exemption() -> None:
    root = Path(main.callback.__code__.co_filename).parent.parent  # type: ignore[union-attr]
    files = [
        f
        for part in ("federation", "server", "node", "gateway", "compose")
        for f in (root / part).rglob("*.*")
    ]
    telling = [
        f for f in files if f.suffix in (".py", ".toml", ".cedar") and EXEMPTION in f.read_text("utf-8")
    ]
    assert [f.name for f in telling] == ["sealing_notice.py"]
    for kind in set(TITLES) - {document_pb2.DOCUMENT_KIND_SEALING_NOTICE}:
        for result in (document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_FOUND):
            made = document_pb2.Document(kind=kind, result=result, purpose=query_pb2.PURPOSE_PUBLIC)
            assert EXEMPTION not in text_of(made)


def test_r42_the_mark_of_a_sealed_accomplice_is_shown_under_sealed_access_alone(
    running_federation: LocalFederation,
) -> None:
    adult, minor = together(running_federation)
    alone, made = open_record()
    running_federation.enter("procuratorate", made)
    court = running_federation.client("court")
    [shown] = court.ask(asking.sealed_case(adult.subject())).answer.convictions
    assert shown.contains_sealed
    [own] = court.ask(asking.sealed_case(minor.subject())).answer.convictions
    assert not own.contains_sealed, "the other offender of the judgment is not sealed"
    [other] = court.ask(asking.sealed_case(alone.subject())).answer.convictions
    assert not other.contains_sealed


def test_r41_without_sealed_access_nothing_tells_that_an_accomplice_is_sealed(
    running_federation: LocalFederation,
) -> None:
    adult, minor = together(running_federation)
    alone = Someone(name=adult.name)
    receipt = running_federation.enter("procuratorate", record(alone))
    court = running_federation.client("court")
    with_one, without = (court.ask(asking.case(who.subject())) for who in (adult, alone))
    assert not with_one.answer.convictions[0].contains_sealed
    for shown in (document_text(render(with_one.envelope)), with_one.envelope.payload.decode("latin-1")):
        assert minor.number not in shown
    assert len(with_one.envelope.payload) == len(without.envelope.payload)
    facet = running_federation.client("procuratorate").register.show("procuratorate-1", receipt.record_id)
    assert not facet.contains_sealed


def test_r41_a_document_of_a_judgment_with_a_sealed_accomplice_is_for_sealed_access(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    """Named by the adult's notice alone, and still the same file that names the other one."""
    number, file, out = case_number(), pdf(tmp_path, 200), tmp_path / "out"
    court = running_federation.client("court")
    court.documents.put(file)
    sent(court, naming(judgment(Someone(), number=number), file))
    released(court, digest(file))
    officer = running_federation.client("police").documents
    officer.get(digest(file), out, reason="核对", node="police-1")
    assert out.read_bytes() == file.read_bytes()
    out.unlink()
    running_federation.enter("police", record(Someone(born=MINOR), "police", number=number))
    with pytest.raises(NotFound):
        officer.get(digest(file), out, reason="核对", node="police-1")
    officer.get(
        digest(file),
        out,
        reason="核对",
        node="police-1",
        case_number=asking.CASE,
        undertaking=UNDERTAKING,
    )
    assert out.read_bytes() == file.read_bytes()


def test_r45_show_history_and_past_versions_stand_under_todays_seal(
    running_federation: LocalFederation,
) -> None:
    someone, made = open_record("police")
    police = running_federation.client("police")
    receipt = running_federation.enter("police", made)
    assert [e.version for e in police.register.history("police-1", receipt.record_id)] == [1]
    minor = Someone(born=MINOR)
    made.person.birth_date = minor.born.isoformat()
    made.person.identifiers[0].number = minor.number
    running_federation.amend("police", receipt.record_id, 1, made)
    for look in (police.register.show, police.register.history):
        with pytest.raises(NotFound) as refused:
            look("police-1", receipt.record_id)
        with pytest.raises(NotFound) as unknown:
            look("police-1", "00" * 16)
        assert refused.value.message == unknown.value.message
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD, (
        "also under the number that it bore when it was open"
    )

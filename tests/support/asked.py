"""A person whom three agencies know, and questions about persons whose answers are rendered and verified."""

from __future__ import annotations

from federation.client import CheckedAnswer
from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import Verdict
from federation.statements.reasons import REDACTED
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, record

FULL, YES_NO = pb.GRANULARITY_FULL, pb.GRANULARITY_YES_NO


def ask(federation: LocalFederation, member: str, query: pb.Query) -> CheckedAnswer:
    answered = federation.client(member).ask(query)
    charter = federation.charter()
    saved = document_text(render(answered.envelope, answered.question)).encode()
    verified = verify(saved, lambda moment: charter)
    redacted = any(outcome.reason == REDACTED for outcome in answered.answer.outcomes)
    whole = answered.answer.granularity == FULL and not redacted
    expected = Verdict.PROVEN if whole else Verdict.SIGNED
    assert verified.verdict == answered.verified.verdict == expected, (verified.failures, verified.gaps)
    assert answered.answer.purpose == query.purpose
    return answered


def held_by_three(running_federation: LocalFederation) -> Someone:
    """Enter one conviction of a teacher for an intentional crime, three years, at three agencies."""
    someone, number = Someone(name="欧阳锋"), case_number()
    for agency in ("police", "procuratorate", "justice"):
        made = record(someone, agency, number=number)
        if agency == "police":
            made.court.name = "朝阳区法院"
            made.person.names.add(kind=record_pb2.NAME_KIND_ALIAS, text="老毒物")
            made.final_on = "2019-06-17"
            made.judgment_number.original = number.replace("（", "(").replace("）", ")")
        running_federation.enter(agency, made)
    return someone

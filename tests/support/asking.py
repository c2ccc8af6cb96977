"""Questions for each purpose, and what all answers without sealed access have in common."""

from __future__ import annotations

import re
from typing import Any

from federation.evidence.view import view
from federation.v1 import query_pb2 as pb
from federation.v1.lookup_pb2 import NodeAnswer
from tests.support.local import OFFICER

UNDERTAKING = "本人承诺对被封存的犯罪记录的情况予以保密，并仅按所述目的使用。"
CASE = "京公立〔2025〕1号"
LAWYER = pb.Beneficiary(organ_class="lawyer", name="赵律师")
SCHOOL = pb.Beneficiary(organ_class="unit", name="第一小学")
PERSON = pb.Beneficiary(organ_class="person", name="本人")


def case(subject: pb.Subject) -> pb.Query:
    """Q1: a state organ handles a case."""
    return pb.Query(purpose=pb.PURPOSE_CASE, subject=subject, case_number=CASE)


def public(subject: pb.Subject, basis: str = "TCH-14") -> pb.Query:
    """Q2: a school asks under a law."""
    return pb.Query(purpose=pb.PURPOSE_PUBLIC, subject=subject, basis=basis, on_behalf_of=SCHOOL)


def defence(subject: pb.Subject) -> pb.Query:
    """Q3: the defence lawyer of this case's defendant."""
    return pb.Query(
        purpose=pb.PURPOSE_DEFENCE,
        subject=subject,
        case_number=CASE,
        subject_of_case=True,
        on_behalf_of=LAWYER,
    )


def promise(officer: str = OFFICER) -> pb.Undertaking:
    """Why sealed records are needed, for what, and the promise; the client signs it."""
    return pb.Undertaking(signed_by=officer, text=UNDERTAKING, reason="办案需要", scope="仅用于本案")


def sealed_case(subject: pb.Subject, officer: str = OFFICER) -> pb.Query:
    """Q4: a judicial organ, with a promise of confidentiality."""
    undertaking = promise(officer)
    return pb.Query(
        purpose=pb.PURPOSE_SEALED_CASE, subject=subject, case_number=CASE, undertaking=undertaking
    )


def sealed_provision(subject: pb.Subject, basis: str = "TCH-14", officer: str = OFFICER) -> pb.Query:
    """Q5: a unit under a provision that opens the seal."""
    undertaking = promise(officer)
    return pb.Query(
        purpose=pb.PURPOSE_SEALED_PROVISION,
        subject=subject,
        basis=basis,
        undertaking=undertaking,
        on_behalf_of=SCHOOL,
    )


def own(subject: pb.Subject) -> pb.Query:
    """Q6: a person asks about the own record, at a window."""
    return pb.Query(purpose=pb.PURPOSE_OWN, subject=subject, on_behalf_of=PERSON)


#: Purposes that never reach sealed records.
UNSEALED = {"case": case, "public": public, "defence": defence, "own": own}

_VARIES = re.compile(r"_at$|^as_of$|digest$|_entry$|^answer_id$|^payload$|^sig$|^page$|^watermark$")


def stripped(document: Any) -> Any:
    """Return a rendered answer without ids, times, hashes and signatures; their lengths stay.

    The bytes that a node signed are read and stripped likewise.
    """
    if isinstance(document, dict):
        return {key: _stripped_field(key, value) for key, value in document.items()}
    return [stripped(item) for item in document] if isinstance(document, list) else document


def _stripped_field(key: str, value: Any) -> Any:
    if key == "answer" and isinstance(value, str):
        return stripped(view(NodeAnswer.FromString(bytes.fromhex(value))))
    return len(value) if _VARIES.search(key) and isinstance(value, str) else stripped(value)

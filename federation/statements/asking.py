"""Reading of a question: mandatory parts for its purpose, asker and beneficiary, and admission by the policy.

The gateway and every node check each question with this same code, from the asker's own signed envelope.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.envelope import OpenedStatement
from federation.charter.model import Charter, Member
from federation.errors import FieldViolation, InvalidRequest
from federation.law.agencies import FOUR_AGENCIES
from federation.law.disclosure import Asker, Context, Disclosure, Reach, Ruling
from federation.law.functions import function_violations
from federation.record.texts import text_violations
from federation.statements.subjects import one_person_violations, subject_violations
from federation.statements.undertaking import SEALED_ACCESS, read_undertaking, undertaking_violations
from federation.v1 import query_pb2, record_pb2
from federation.values.clock import legal_day
from federation.values.contract import UNKNOWN_FIELD, has_unknown_fields
from federation.values.enum_names import granularity_name, purpose_name, record_class_name
from federation.values.identity import OrganClass
from federation.values.names import normalise_name
from federation.values.terms import RecordClass
from federation.values.written import written_violations

#: Classes for which a window may ask. An organ with powers of its own asks by itself: a window must not use its powers.
BENEFICIARIES = frozenset({OrganClass.LAWYER, OrganClass.UNIT, OrganClass.PERSON, OrganClass.STATE_ORGAN})

_NEEDS_CASE = frozenset({query_pb2.PURPOSE_CASE, query_pb2.PURPOSE_DEFENCE, query_pb2.PURPOSE_SEALED_CASE})
_NEEDS_BASIS = frozenset({query_pb2.PURPOSE_PUBLIC, query_pb2.PURPOSE_SEALED_PROVISION})
#: An organ that handles the case may know several numbers of one suspect.
_MAY_NAME_SEVERAL = frozenset({query_pb2.PURPOSE_CASE, query_pb2.PURPOSE_SEALED_CASE})
#: Bytes; a page of questions must fit one message.
MAX_QUESTION = 16 * 1024
#: Values by which a window states that the person at the window is the one asked about.
_THEMSELVES = frozenset({"", "person", "本人"})
_PROVISIONS = "2021 Provisions art. 4"
_BOTH = "a private person asks by name and number"
_GRANULARITY = ("none", "yes_no", "listed", "extract", "full")


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """A checked question that may be put to the stores."""

    query: query_pb2.Query
    asker: OrganClass
    ruling: Ruling
    reach: Reach
    #: The signed application for sealed records, for purposes that may reach them.
    undertaking: OpenedStatement | None = None

    @property
    def shown(self) -> str:
        """The granularity to show: the one that the policy allows, or less if less was requested."""
        requested = granularity_name(self.query.granularity) if self.query.granularity else self.ruling.shown
        return min(requested, self.ruling.shown, key=_GRANULARITY.index)

    @property
    def purpose(self) -> str:
        """The purpose as text, such as "case"."""
        return purpose_name(self.query.purpose)

    @property
    def sealed_access(self) -> bool:
        """Whether sealed records are searched too."""
        return self.query.purpose in SEALED_ACCESS


def read_question(
    opened: OpenedStatement, charter: Charter, disclosure: Disclosure, *, now: datetime, allow_synthetic: bool
) -> CheckedQuestion:
    """Return the question in an opened statement, or raise `InvalidRequest` or `NotPermitted`.

    It is decided by asker, purpose and context alone, before any look-up, so that a refusal
    reveals nothing about the subject.
    """
    if len(opened.statement.body) > MAX_QUESTION:
        raise InvalidRequest.of("body", "SIZE", f"a question has at most {MAX_QUESTION} bytes")
    try:
        query = query_pb2.Query.FromString(opened.statement.body)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", "is not a Query") from None
    violations: list[FieldViolation] = []
    if has_unknown_fields(query):
        violations.append(FieldViolation("query", UNKNOWN_FIELD, "has fields this contract does not know"))
    violations += _purpose(query, opened.officer)
    violations += subject_violations(query.subject, allow_synthetic=allow_synthetic)
    if query.purpose not in _MAY_NAME_SEVERAL:
        violations += one_person_violations(query.subject)
    member = charter.members[opened.installation.member]
    asker, wrong = _beneficiary(query, member.organ_class)
    violations += wrong
    if violations:
        raise InvalidRequest(violations)
    violations += _private(query, asker, member)
    if violations:
        raise InvalidRequest(violations)
    context = Context(
        case_number=query.case_number,
        subject_of_case=query.subject_of_case,
        basis=query.basis,
        undertaking=query.HasField("undertaking"),
        function=query.organ_function,
        profile=charter.profile_on(legal_day(now)),
        on=legal_day(now),
        opened=charter.opened_to(query.basis, legal_day(now)),
        record_class=class_asked(query),
        violation_certificates=charter.readings.violation_certificates,
    )
    ruling, reach = disclosure.admit_question(Asker(asker), purpose_name(query.purpose), context)
    return CheckedQuestion(query, asker, ruling, reach, _undertaking(query, opened, charter))


def _undertaking(query: query_pb2.Query, opened: OpenedStatement, charter: Charter) -> OpenedStatement | None:
    return read_undertaking(query, opened, charter) if query.purpose in SEALED_ACCESS else None


def _private(query: query_pb2.Query, asker: OrganClass, member: Member) -> Iterator[FieldViolation]:
    """Yield faults of a private person's question (Q6): about themselves only, by name and number."""
    own = query.purpose == query_pb2.PURPOSE_OWN
    if not own and asker is not OrganClass.PERSON:
        return
    subject = query.subject
    if not subject.name:
        yield FieldViolation("subject.name", _PROVISIONS, f"name the person: {_BOTH}")
    if own and not subject.identifiers:
        yield FieldViolation("subject.identifiers", _PROVISIONS, f"give the identity number: {_BOTH}")
    if not subject.name or asker is not OrganClass.PERSON:  # the policy refuses any other asker
        return
    at_window = query.HasField("on_behalf_of")
    name = query.on_behalf_of.name if at_window else member.title
    if at_window and name in _THEMSELVES:
        return
    try:
        same = normalise_name(name) == normalise_name(subject.name)
    except ValueError:
        same = False
    if not same:
        yield FieldViolation(
            "on_behalf_of.name" if at_window else "subject.name",
            _PROVISIONS,
            "must be the person asked about: a private person asks about nobody else",
        )


def _purpose(query: query_pb2.Query, officer: str) -> Iterator[FieldViolation]:
    purpose = query.purpose
    if not purpose or purpose not in query_pb2.Purpose.values():
        yield FieldViolation("purpose", "R53", "name the purpose of the question")
        return
    for name in ("case_number", "basis", "mandate"):
        yield from written_violations(name, getattr(query, name), limit=120)
    purpose_text = purpose_name(purpose)
    if purpose in _NEEDS_CASE and not query.case_number:
        yield FieldViolation("case_number", "R32", f"is mandatory for the purpose {purpose_text}")
    if purpose in _NEEDS_BASIS and not query.basis:
        yield FieldViolation("basis", "R36", f"name the provision; the purpose {purpose_text} needs one")
    if query.with_bars and (purpose != query_pb2.PURPOSE_OWN or not query.mandate):
        yield FieldViolation(
            "with_bars",
            "A22",
            "when bars end is disclosed to the person alone: purpose own, with an application",
        )
    yield from _record_class(query)
    yield from function_violations(query.organ_function)
    if query.granularity not in query_pb2.Granularity.values():
        yield FieldViolation("granularity", "FORMAT", "is not a known value")
    yield from undertaking_violations(query, officer)


def class_asked(query: query_pb2.Query) -> RecordClass:
    """Return the class of record that the question names; the criminal one unless it names another."""
    return RecordClass(record_class_name(query.record_class)) if query.record_class else RecordClass.CRIMINAL


def _record_class(query: query_pb2.Query) -> Iterator[FieldViolation]:
    """Yield why the question may not ask for the class it names: other classes are asked for in a case only (R64).

    Whether a person may ask about the own violations is for the policy: it is a reading that the charter chooses.
    """
    own_violations = (query_pb2.PURPOSE_OWN, record_pb2.RECORD_CLASS_PUBLIC_ORDER)
    if (query.purpose, query.record_class) == own_violations:
        return
    if query.record_class in (0, record_pb2.RECORD_CLASS_CRIMINAL):
        return
    if query.record_class not in record_pb2.RecordClass.values():
        yield FieldViolation("record_class", "FORMAT", "is not a known value")
    elif query.purpose != query_pb2.PURPOSE_SEALED_CASE:
        yield FieldViolation(
            "record_class",
            "R64",
            "records of another class are asked for by name under sealed_case only; a provision covers its own classes",
        )


def _beneficiary(query: query_pb2.Query, own: OrganClass) -> tuple[OrganClass, list[FieldViolation]]:
    """Return the class whose rights count: that of the one the answer is for, never only that of the window."""
    if not query.HasField("on_behalf_of"):
        return own, []
    named = query.on_behalf_of
    wrong = list(text_violations("on_behalf_of.name", named.name, limit=120))
    if not named.name:
        wrong.append(FieldViolation("on_behalf_of.name", "R56", "name whom you ask for"))
    if own not in FOUR_AGENCIES:
        wrong.append(FieldViolation("on_behalf_of", "R34", "only the four agencies' windows ask for others"))
    try:
        beneficiary = OrganClass(named.organ_class)
    except ValueError:
        beneficiary = OrganClass.PERSON
        wrong.append(
            FieldViolation("on_behalf_of.organ_class", "R34", f"one of {', '.join(sorted(BENEFICIARIES))}")
        )
    if beneficiary not in BENEFICIARIES:
        wrong.append(
            FieldViolation(
                "on_behalf_of.organ_class", "R34", "an organ with powers of its own asks by itself"
            )
        )
    return beneficiary, wrong

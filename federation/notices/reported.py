"""Permitted content of each kind of notice (R17, R21-R25): the judgment, one event of execution, or changed values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.notices.finality import finality_faults
from federation.notices.kinds import EXECUTION_KINDS
from federation.record.extensions import Declarations
from federation.record.validate import admit
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2 as record
from federation.values.enum_names import enum_name
from federation.values.written import written_violations

#: Fields that an N2 may change: facts that a court establishes, and the household registration that it learns of.
CHANGEABLE = frozenset(
    {
        "pronounced_on", "served_on", "final_on", "combined_penalty", "further_penalty", "prohibitions",
        "supplementary_penalties",
        "main_acts_before_18", "court_age_finding", "adulthood_proven", "prosecuting_party",
        "person.birth_date", "person.names", "person.identifiers", "person.sex",
        "person.household_division", "person.household_as_of", "person.nationality",
    }
)  # fmt: skip
_FITTING = {
    pb.NOTICE_KIND_RELEASE: {record.EXECUTION_KIND_COMPLETED},
    pb.NOTICE_KIND_CORRECTION_COMPLETED: {record.EXECUTION_KIND_DISCHARGED},
    pb.NOTICE_KIND_PARDON: {record.EXECUTION_KIND_PARDONED},
    pb.NOTICE_KIND_DEATH: {record.EXECUTION_KIND_DIED, record.EXECUTION_KIND_EXECUTED},
    # Rulings of courts while a sentence is executed (A19, CPL 273), and that a judgment is tried again (CPL 254): sent
    # as N2, instead of changed fields.
    pb.NOTICE_KIND_JUDGMENT_INFORMATION: {
        record.EXECUTION_KIND_REDUCED,
        record.EXECUTION_KIND_COMMUTED,
        record.EXECUTION_KIND_PAROLED,
        record.EXECUTION_KIND_OUTSIDE_PRISON,
        record.EXECUTION_KIND_REVOKED,
        record.EXECUTION_KIND_FINE_REMITTED,
        record.EXECUTION_KIND_RETRIAL_ORDERED,
        record.EXECUTION_KIND_RETRIAL_UPHELD,
    },
}
#: Notices with a judgment in them: the first one, or the one that a retrial puts in its place.
_JUDGMENTS = (pb.NOTICE_KIND_JUDGMENT, pb.NOTICE_KIND_RETRIAL_CHANGE)
_REASONED = (
    pb.NOTICE_KIND_JUDGMENT_INFORMATION,
    pb.NOTICE_KIND_RETRIAL_CHANGE,
    pb.NOTICE_KIND_CORRECTION_REQUEST,
    pb.NOTICE_KIND_SEALING,
    pb.NOTICE_KIND_SUPERVISION,
)


def report_faults(
    notice: pb.Notice,
    *,
    today: date,
    allow_synthetic: bool,
    whole: bool,
    extensions: Declarations | None = None,
) -> Iterator[FieldViolation]:
    """Yield what is wrong with the content of the notice; with `whole` also that of a judgment's record."""
    if notice.HasField("record") and whole:
        try:
            final = notice.finality == pb.FINALITY_BASIS_FINAL_INSTANCE
            notice.record.CopyFrom(
                admit(
                    notice.record,
                    today=today,
                    allow_synthetic=allow_synthetic,
                    final_instance=final,
                    extensions=extensions,
                    new=notice.kind == pb.NOTICE_KIND_JUDGMENT,
                )
            )
        except InvalidRequest as error:
            for v in error.violations:
                yield FieldViolation(
                    v.field if v.field == "record" else f"record.{v.field}", v.rule, v.message
                )
    if notice.kind in _JUDGMENTS and notice.HasField("record"):
        yield from finality_faults(notice, today=today)
    if notice.kind in EXECUTION_KINDS:
        yield from _events(notice)
    elif notice.kind == pb.NOTICE_KIND_JUDGMENT_INFORMATION:
        yield from _changes(notice)
    elif notice.kind == pb.NOTICE_KIND_RETRIAL_CHANGE:
        amended = notice.retrial == pb.RETRIAL_OUTCOME_AMENDED
        if amended != notice.HasField("record"):
            yield FieldViolation("record", "A16", "comes with a retrial that amends, and only then")
        if notice.retrial not in pb.RetrialOutcome.values():
            yield FieldViolation("retrial", "A16", "is not a known outcome")
    missing = ("R2", "say why") if notice.kind in _REASONED else None
    yield from written_violations("reason", notice.reason, missing=missing)


def _events(notice: pb.Notice) -> Iterator[FieldViolation]:
    for number, event in enumerate(notice.execution):
        if event.kind not in _FITTING[notice.kind]:
            fitting = ", ".join(
                enum_name(record.ExecutionKind.DESCRIPTOR, k) for k in sorted(_FITTING[notice.kind])
            )
            yield FieldViolation(
                f"execution[{number}].kind", "R31", f"is no event of a notice of this kind: {fitting}"
            )
        if event.on != notice.occurred_on:
            yield FieldViolation(
                f"execution[{number}].on", "R25", "differs from occurred_on: give one day in both"
            )
        if not event.executor:
            yield FieldViolation(f"execution[{number}].executor", "R21", "name the organ that executed")
    if len(notice.execution) > 1:
        yield FieldViolation("execution", "R31", "one event a notice")


def _changes(notice: pb.Notice) -> Iterator[FieldViolation]:
    if notice.execution:
        yield from _events(notice)
    if bool(notice.execution) == bool(notice.changed_fields):
        says = "tell either new values in `changed` or one event in `execution`"
        yield FieldViolation("changed_fields", "R24", says)
    named = [*notice.changed_fields]
    for path in named:
        if path not in CHANGEABLE:
            yield FieldViolation("changed_fields", "R24", f"{path[:60]!r} cannot be changed by a notice")
    if len(set(named)) != len(named):
        yield FieldViolation("changed_fields", "R24", "names a field twice")
    given = set()
    for field, _ in notice.changed.ListFields():
        if field.name == "person":
            given |= {f"person.{inner.name}" for inner, _ in notice.changed.person.ListFields()}
        else:
            given.add(field.name)
    for path in sorted(given ^ {*named}):
        yield FieldViolation(
            "changed", "R24", f"{path[:60]} must be both named in changed_fields and given, or neither"
        )

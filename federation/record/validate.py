"""Validation of records before registration: complete, consistent, effective, and a finding of guilt.

`admit` collects all faults before it raises, so that a sender can correct all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.record import (
    chronology,
    finality,
    links,
    penalties,
    people,
    plausibility,
    prohibitions,
    related,
)
from federation.record.classes import related_class, related_classes
from federation.record.extensions import Declarations
from federation.record.fields import INDISPENSABLE, MANDATORY, offence_dates
from federation.record.texts import text_faults, text_violations
from federation.v1 import record_pb2 as pb
from federation.values import case_number
from federation.values.contract import UNKNOWN_FIELD, has_unknown_fields
from federation.values.enum_names import values
from federation.values.no_value import no_name, no_value, says_nothing

#: Bytes; a record is a page of text, not an archive.
MAX_RECORD = 64 * 1024


def admit(
    record: pb.Record,
    *,
    today: date,
    allow_synthetic: bool,
    final_instance: bool = False,
    extensions: Declarations | None = None,
    kept: Mapping[str, str] | None = None,
    new: bool = False,
    before: pb.Record | None = None,
) -> pb.Record:
    """Return `record` in canonical form, or raise `InvalidRequest` with everything that is wrong.

    A non-criminal record is checked by the rules of its own class (R64). In canonical form, identifiers are normalised
    and the judgment number's canonical form is filled in (R17). `today` is the last day on which a judgment can already
    be final (R18, R23). With `final_instance`, which a court's notice may state, a judgment is final on the day it was
    made. `extensions` is what the charter declares of additions (R22), nothing where that is not known; `kept` are the
    additions of the version before, if there is one. A `new` entry says enough of the person to be found; records of
    before may be corrected without. Faults that the version `before` has as well are left to an officer: it was entered
    under earlier rules, and what somebody else tells of the person is not lost for them.
    """
    if record.ByteSize() > MAX_RECORD:
        raise InvalidRequest.of("record", "SIZE", f"larger than {MAX_RECORD} bytes; send documents apart")
    violations: list[FieldViolation] = []
    if has_unknown_fields(record):
        violations.append(
            FieldViolation(
                "record", UNKNOWN_FIELD, "has fields this contract does not know; use `extensions`"
            )
        )
    canonical = pb.Record()
    canonical.CopyFrom(record)
    violations += text_faults(canonical, "")
    if violations:  # the checks below rely on valid texts
        raise InvalidRequest(violations)
    other_class = related_class(canonical)
    mandatory = MANDATORY if other_class is None else related.mandatory(other_class)
    violations += _complete(
        canonical, mandatory, INDISPENSABLE if other_class is None else related.indispensable(other_class)
    )
    violations += _judgment(canonical) if other_class is None else []
    violations += _instrument(canonical)
    violations += _named(canonical)
    violations += people.check(canonical.person, allow_synthetic=allow_synthetic)
    violations += people.findable(canonical) if new else []
    if other_class is None:
        violations += penalties.check(canonical)
        violations += prohibitions.check(canonical)
        violations += chronology.check(canonical, today=today)
        violations += plausibility.check(canonical)
        violations += [] if final_instance else finality.check(canonical, today=today)
    else:
        violations += related.check(canonical, other_class, today=today)
    violations += (extensions or Declarations()).faults(canonical.extensions, kept)
    for name, value in canonical.extensions.items():
        violations += text_violations(f"extensions[{name[:120]}]", value)
    violations += links.check(canonical, today=today)
    if violations and before is not None:
        known = _faults_of(
            before, today=today, allow_synthetic=allow_synthetic, final_instance=final_instance
        )
        violations = [v for v in violations if (v.rule, v.message) not in known]
    if violations:
        raise InvalidRequest(violations)
    return canonical


def _faults_of(
    before: pb.Record, *, today: date, allow_synthetic: bool, final_instance: bool
) -> set[tuple[str, str]]:
    """Return the rules that a version breaks, each with its message: places in lists may differ in the next one."""
    try:
        admit(before, today=today, allow_synthetic=allow_synthetic, final_instance=final_instance)
    except InvalidRequest as error:
        return {(v.rule, v.message) for v in error.violations}
    return set()


def _complete(
    record: pb.Record,
    mandatory: Mapping[str, tuple[str, Callable[[pb.Record], bool]]],
    indispensable: Collection[str],
) -> Iterator[FieldViolation]:
    """Yield the mandatory fields that are neither present nor named as unknown with a reason, or are both (R13)."""
    present = {path: test(record) for path, (_, test) in mandatory.items()}
    present.update(offence_dates(record))
    named: set[str] = set()
    for number, unknown in enumerate(record.unknowns):
        where = f"unknowns[{number}]"
        if unknown.field not in present:
            may = ", ".join(path for path in present if path not in indispensable)
            says = f"{unknown.field!r} is not a mandatory field here; these may be unknown: {may}"
            yield FieldViolation(f"{where}.field", "R13", says)
        elif unknown.field in named:
            yield FieldViolation(f"{where}.field", "R13", f"{unknown.field} is named twice")
        elif present[unknown.field]:
            yield FieldViolation(unknown.field, "R13", "is given and also called unknown; keep one")
        elif unknown.field in indispensable:
            yield FieldViolation(
                unknown.field, mandatory[unknown.field][0], "cannot be unknown: without it there is no record"
            )
        if (
            unknown.reason not in values(pb.UnknownReason.DESCRIPTOR)
            or unknown.reason == pb.UNKNOWN_REASON_UNSPECIFIED
        ):
            yield FieldViolation(f"{where}.reason", "R13", "say why it is unknown")
        named.add(unknown.field)
    for path, there in present.items():
        if not there and path not in named:
            rule = mandatory[path][0] if path in mandatory else "R19"
            may = "give it, or name it in `unknowns` with the reason"
            says = "give it: it cannot be unknown" if path in indispensable else may
            yield FieldViolation(path, rule, f"is mandatory; {says}")


def _judgment(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with the judgment: it is effective and finds guilt (A16), without another decision (R64)."""
    if record.record_class != pb.RECORD_CLASS_CRIMINAL:
        known = ", ".join(("CRIMINAL", *(name.upper() for name in related_classes())))
        yield FieldViolation("record_class", "R64", f"one of {known}; working records are kept apart (R46)")
    if record.HasField("decision"):
        yield FieldViolation("decision", "R64", "belongs to the other classes: a criminal record has none")
    if record.verdict == pb.VERDICT_ACQUITTED:
        yield FieldViolation("verdict", "A16", "an acquittal never makes a criminal record")
    elif record.verdict not in (pb.VERDICT_GUILTY, pb.VERDICT_GUILTY_EXEMPT):
        yield FieldViolation(
            "verdict", "A16", "say GUILTY or GUILTY_EXEMPT: only a finding of guilt makes a record"
        )
    if record.judgment_number.original:
        try:
            record.judgment_number.canonical = canonical_number(record.judgment_number)
        except InvalidRequest as error:
            for v in error.violations:
                yield FieldViolation(f"judgment_number.{v.field}", v.rule, v.message)
    elif record.judgment_number.canonical:
        yield FieldViolation("judgment_number.original", "R17", "give the number as it was written")


def _instrument(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with the source document, which every entry needs (R1)."""
    if record.instrument.kind not in values(pb.InstrumentKind.DESCRIPTOR) or not record.instrument.kind:
        yield FieldViolation("instrument.kind", "R1", "name the kind of document this entry rests on")
    for name in ("reference", "issuer"):
        if not getattr(record.instrument, name):
            yield FieldViolation(
                f"instrument.{name}", "R1", "is mandatory: every fact is traceable to a document"
            )
    if record.instrument.sha256 and len(record.instrument.sha256) != 32:
        yield FieldViolation("instrument.sha256", "FORMAT", "is not a SHA-256 digest of 32 bytes")


def _named(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield the organs, offences and documents whose name is no value, such as the error of a spreadsheet."""
    party = record.prosecuting_party
    organs = {
        "court.name": record.court.name,
        "prosecuting_party.procuratorate": party.procuratorate,
        "prosecuting_party.private_prosecutor": party.private_prosecutor,
        "instrument.issuer": record.instrument.issuer,
        "decision.organ": record.decision.organ,
    }
    organs |= {
        f"execution[{number}].executor": event.executor for number, event in enumerate(record.execution)
    }
    texts = {
        "instrument.reference": record.instrument.reference,
        "decision.number": record.decision.number,
        "decision.ground": record.decision.ground,
    }
    texts |= {f"offences[{number}].name": offence.name for number, offence in enumerate(record.offences)}
    faults = {where: no_name(text) for where, text in organs.items() if text}
    faults |= {where: no_value(text) or says_nothing(text) for where, text in texts.items() if text}
    for where, fault in faults.items():
        if fault:
            yield FieldViolation(where, "TEXT", fault)


def canonical_number(number: pb.JudgmentNumber) -> str:
    """Return the canonical form of a judgment number; raises `InvalidRequest` on "original" or "canonical"."""
    try:
        parsed = case_number.parse(number.original)
    except InvalidRequest as error:
        raise InvalidRequest(
            [FieldViolation("original", v.rule, v.message) for v in error.violations]
        ) from None
    if number.canonical not in ("", parsed.canonical):
        raise InvalidRequest.of("canonical", "R17", f"is not the canonical form {parsed.canonical}")
    return parsed.canonical

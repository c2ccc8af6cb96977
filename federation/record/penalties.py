"""Checks of the penalties that a court can impose (刑法 33-45, 69, 72-73): kinds, limits, combination, suspension."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import FieldViolation
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import values
from federation.values.offence_name import offence_key

#: Kind -> (least, most) months as a combined penalty (刑法 38, 42, 45, 69).
LIMITS = {
    pb.PENALTY_KIND_CONTROL: (3, 36),
    pb.PENALTY_KIND_CRIMINAL_DETENTION: (1, 12),
    pb.PENALTY_KIND_FIXED_TERM: (6, 300),
}
#: Offences for which a court may order life without release (刑法 383, 386), without their final 罪.
WITHOUT_RELEASE = frozenset({"贪污", "受贿"})
#: What control is served after (刑法 69(2)).
_BEFORE_CONTROL = frozenset({pb.PENALTY_KIND_CRIMINAL_DETENTION, pb.PENALTY_KIND_FIXED_TERM})
#: From lightest to heaviest.
_ORDER = (
    pb.PENALTY_KIND_EXEMPT,
    pb.PENALTY_KIND_SUPPLEMENTARY_ONLY,
    pb.PENALTY_KIND_CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION,
    pb.PENALTY_KIND_FIXED_TERM,
    pb.PENALTY_KIND_LIFE,
    pb.PENALTY_KIND_DEATH_SUSPENDED,
    pb.PENALTY_KIND_DEATH,
)


def check(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with the penalties of `record`."""
    for number, offence in enumerate(record.offences):
        if offence.HasField("penalty"):
            yield from _one(offence.penalty, f"offences[{number}].penalty")
        if not offence.name:
            yield FieldViolation(f"offences[{number}].name", "R19", "is empty")
        if offence.intent not in values(pb.Intent.DESCRIPTOR):
            yield FieldViolation(f"offences[{number}].intent", "FORMAT", "is not a known value")
    if record.combined_penalty.life_without_release and not any(
        offence_key(offence.name) in WITHOUT_RELEASE for offence in record.offences
    ):
        yield FieldViolation(
            "combined_penalty.life_without_release", "刑法 383", "is for corruption and bribery alone"
        )
    if record.HasField("combined_penalty"):
        yield from _one(record.combined_penalty, "combined_penalty")
        yield from _combined(record)
    if record.HasField("further_penalty"):
        yield from _further(record)
    for number, extra in enumerate(record.supplementary_penalties):
        where = f"supplementary_penalties[{number}]"
        if extra.kind not in values(pb.SupplementaryKind.DESCRIPTOR) or not extra.kind:
            yield FieldViolation(f"{where}.kind", "R20", "say which supplementary penalty it is")
        elif extra.kind == pb.SUPPLEMENTARY_KIND_FINE and not extra.amount_yuan:
            yield FieldViolation(f"{where}.amount_yuan", "R20", "a fine has an amount")
        if extra.months > 240:
            yield FieldViolation(
                f"{where}.months", "刑法 55", "longer than any deprivation of political rights"
            )


def _one(penalty: pb.Penalty, where: str) -> Iterator[FieldViolation]:
    if penalty.kind not in values(pb.PenaltyKind.DESCRIPTOR) or not penalty.kind:
        yield FieldViolation(f"{where}.kind", "R20", "say which penalty it is")
        return
    if penalty.days > 30:
        yield FieldViolation(f"{where}.days", "R20", "carry more than 30 days into months")
    limits = LIMITS.get(penalty.kind)
    if limits is None:
        if penalty.months or penalty.days:
            yield FieldViolation(f"{where}.months", "R20", "this kind of penalty has no length")
    elif not (limits[0], 0) <= (penalty.months, penalty.days) <= (limits[1], 0):
        yield FieldViolation(
            f"{where}.months",
            "刑法 38-69",
            f"must be {limits[0]} to {limits[1]} months for this kind of penalty",
        )
    if penalty.kind != pb.PENALTY_KIND_DEATH_SUSPENDED:
        for name, article in (("reduction_limited", "刑法 50"), ("life_without_release", "刑法 383")):
            if getattr(penalty, name):
                yield FieldViolation(f"{where}.{name}", article, "goes with a suspended death sentence alone")
    if penalty.probation_months:
        suspendable = penalty.kind == pb.PENALTY_KIND_CRIMINAL_DETENTION or (
            penalty.kind == pb.PENALTY_KIND_FIXED_TERM and (penalty.months, penalty.days) <= (36, 0)
        )
        if not suspendable:
            yield FieldViolation(
                f"{where}.probation_months",
                "刑法 72",
                "only detention and terms of up to three years can be suspended",
            )
        elif penalty.probation_months > 60:
            yield FieldViolation(f"{where}.probation_months", "刑法 73", "is at most 60 months")


def _combined(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield how the combined penalty contradicts the verdict or the single penalties (刑法 69, A6)."""
    combined = record.combined_penalty
    exempt = combined.kind == pb.PENALTY_KIND_EXEMPT
    if exempt != (record.verdict == pb.VERDICT_GUILTY_EXEMPT) and record.verdict != pb.VERDICT_ACQUITTED:
        yield FieldViolation(
            "combined_penalty.kind", "刑法 37", "exemption and the verdict contradict each other"
        )
    if combined.kind == pb.PENALTY_KIND_SUPPLEMENTARY_ONLY and not record.supplementary_penalties:
        yield FieldViolation("supplementary_penalties", "R20", "the only penalty is missing")
    single = [o.penalty for o in record.offences if o.HasField("penalty")]
    if not single or len(single) != len(record.offences) or combined.kind not in _ORDER:
        return
    if any(p.kind not in _ORDER for p in single):
        return
    heaviest = max(single, key=_weight)
    if _weight(combined) < _weight(heaviest):
        yield FieldViolation(
            "combined_penalty", "刑法 69", "is lighter than the penalty for one of the offences"
        )
    elif combined.kind == heaviest.kind == pb.PENALTY_KIND_FIXED_TERM:
        terms = [p for p in single if p.kind == pb.PENALTY_KIND_FIXED_TERM]
        months, days = sum(p.months for p in terms), sum(p.days for p in terms)
        if combined.months * 30 + combined.days > months * 30 + days:
            yield FieldViolation(
                "combined_penalty", "刑法 69", "is longer than the sum of the single penalties"
            )


def _further(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with a second principal penalty: control after a term or detention, and nothing else."""
    yield from _one(record.further_penalty, "further_penalty")
    if record.further_penalty.kind not in (pb.PENALTY_KIND_UNSPECIFIED, pb.PENALTY_KIND_CONTROL):
        yield FieldViolation(
            "further_penalty.kind", "刑法 69", "only control is served after another principal penalty"
        )
    if record.combined_penalty.kind not in _BEFORE_CONTROL:
        yield FieldViolation("further_penalty", "刑法 69", "follows a term or detention alone")


def _weight(penalty: pb.Penalty) -> tuple[int, int, int]:
    return (_ORDER.index(penalty.kind), penalty.months, penalty.days)

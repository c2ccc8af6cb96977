"""What the sealing rule needs to know, read from one record or from all that is said of one conviction."""

from __future__ import annotations

from collections.abc import Sequence

from federation import calendar, sealing
from federation.v1 import record_pb2 as pb

_PENALTIES = {
    pb.PENALTY_KIND_EXEMPT: sealing.PenaltyKind.EXEMPT,
    pb.PENALTY_KIND_SUPPLEMENTARY_ONLY: sealing.PenaltyKind.SUPPLEMENTARY_ONLY,
    pb.PENALTY_KIND_CONTROL: sealing.PenaltyKind.CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION: sealing.PenaltyKind.CRIMINAL_DETENTION,
    pb.PENALTY_KIND_FIXED_TERM: sealing.PenaltyKind.FIXED_TERM,
    pb.PENALTY_KIND_LIFE: sealing.PenaltyKind.LIFE,
    pb.PENALTY_KIND_DEATH_SUSPENDED: sealing.PenaltyKind.DEATH_SUSPENDED,
    pb.PENALTY_KIND_DEATH: sealing.PenaltyKind.DEATH,
}
_MAIN_ACTS = {pb.MAIN_ACTS_YES: sealing.MainActs.YES, pb.MAIN_ACTS_NO: sealing.MainActs.NO}
_FINDINGS = {
    pb.COURT_AGE_FINDING_UNDER_18: sealing.AgeFinding.UNDER_18,
    pb.COURT_AGE_FINDING_ADULT: sealing.AgeFinding.ADULT,
}


def facts_of(record: pb.Record) -> sealing.Facts:
    """Return the inputs of the sealing rule as `record` states them; unknown stays unknown."""
    birth = record.person.birth_date
    return sealing.Facts(
        birth=calendar.parse_partial(birth) if birth else None,
        conduct=tuple(
            sealing.Conduct(
                first=calendar.parse_date(o.conduct_from) if o.conduct_from else None,
                last=calendar.parse_date(o.conduct_to) if o.conduct_to else None,
            )
            for o in record.offences
        ),
        main_acts=_MAIN_ACTS.get(record.main_acts_before_18, sealing.MainActs.UNDETERMINED),
        penalty=_penalty(record.combined_penalty),
        court_age_finding=_FINDINGS.get(record.court_age_finding),
        adulthood_proven=record.adulthood_proven,
    )


def _penalty(penalty: pb.Penalty) -> sealing.PenaltyFacts | None:
    kind = _PENALTIES.get(penalty.kind)
    if kind is None:
        return None
    if kind is sealing.PenaltyKind.FIXED_TERM and not (penalty.months or penalty.days):
        return sealing.PenaltyFacts(kind=kind, months=None)
    return sealing.PenaltyFacts(kind=kind, months=penalty.months, days=penalty.days)


def decide_together(records: Sequence[pb.Record], profile: str) -> sealing.Decision:
    """Return the decision on one conviction of which several agencies hold `records`.

    Every agency's statement must by itself, or where it is silent by the others' facts, lead to OPEN;
    the first statement that does not decides. So a disagreement about birth, conduct or penalty that
    matters withholds, and one that does not matter changes nothing.
    """
    facts = [facts_of(record) for record in records]
    undecided: sealing.Decision | None = None
    last: sealing.Decision | None = None
    for own in facts:
        decision = sealing.decide(_completed(own, facts), profile)
        if decision.status is sealing.Status.WITHHELD:
            return decision
        if last is not None and decision.status is not last.status:
            undecided = sealing.Decision(
                status=sealing.Status.WITHHELD,
                rule="S1-DISAGREEMENT",
                clause="Opinions II(4).1 (R40); law.md section 10",
                reason="the agencies' facts lead to different decisions: a person must decide",
                offences=tuple(sealing.Status.WITHHELD for _ in own.conduct),
            )
        last = decision
    if last is None:
        raise ValueError("no record to decide on")
    return undecided or last


def _completed(own: sealing.Facts, others: Sequence[sealing.Facts]) -> sealing.Facts:
    """Return `own` with its unknowns filled in from the first of `others` that knows."""
    conduct = own.conduct
    for other in others:
        if len(other.conduct) == len(conduct):
            conduct = tuple(
                sealing.Conduct(first=mine.first or theirs.first, last=mine.last or theirs.last)
                for mine, theirs in zip(conduct, other.conduct, strict=True)
            )
    main_acts = next(
        (f.main_acts for f in (own, *others) if f.main_acts is not sealing.MainActs.UNDETERMINED), None
    )
    return sealing.Facts(
        birth=own.birth or next((f.birth for f in others if f.birth), None),
        conduct=conduct,
        main_acts=main_acts or sealing.MainActs.UNDETERMINED,
        penalty=own.penalty or next((f.penalty for f in others if f.penalty), None),
        court_age_finding=own.court_age_finding
        or next((f.court_age_finding for f in others if f.court_age_finding), None),
        adulthood_proven=own.adulthood_proven or any(f.adulthood_proven for f in others),
    )

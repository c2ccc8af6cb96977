"""Penalties and prohibitions of which each breaks one rule: its name, the change, field and rule (R20)."""

from __future__ import annotations

from federation.v1 import record_pb2 as pb
from tests.support.changing import Change, both, put


def penalty(path: str, **fields: object) -> Change:
    def change(made: pb.Record) -> None:
        imposed = pb.Penalty(**fields)  # type: ignore[arg-type]
        if path.startswith("offences"):
            made.offences[0].penalty.CopyFrom(imposed)
        else:
            made.offences[0].ClearField("penalty")
            made.combined_penalty.CopyFrom(imposed)

    return change


FIXED, CONTROL, DETENTION = (
    pb.PENALTY_KIND_FIXED_TERM,
    pb.PENALTY_KIND_CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION,
)
OCCUPATION, ORDER = pb.PROHIBITION_KIND_OCCUPATION, pb.PROHIBITION_KIND_ORDER


def forbidden(**fields: object) -> Change:
    return lambda made: made.prohibitions.add(**fields)


def further(**fields: object) -> Change:
    return lambda made: made.further_penalty.CopyFrom(pb.Penalty(**fields))  # type: ignore[arg-type]


BROKEN_PENALTIES: list[tuple[str, Change, str, str]] = [
    # the penalty (R20)
    ("no kind of penalty", put("offences[0].penalty.kind", 0), "offences[0].penalty.kind", "R20"),
    ("unknown kind of penalty", put("combined_penalty.kind", 99), "combined_penalty.kind", "R20"),
    ("31 days", put("combined_penalty.days", 31), "combined_penalty.days", "R20"),
    (
        "death of six months",
        penalty("combined", kind=pb.PENALTY_KIND_DEATH, months=6),
        "combined_penalty.months",
        "R20",
    ),
    (
        "control of 37 months",
        penalty("combined", kind=CONTROL, months=37),
        "combined_penalty.months",
        "刑法 38-69",
    ),
    (
        "detention of 13 months",
        penalty("combined", kind=DETENTION, months=13),
        "combined_penalty.months",
        "刑法 38-69",
    ),
    ("term of 5 months", penalty("combined", kind=FIXED, months=5), "combined_penalty.months", "刑法 38-69"),
    (
        "suspension of a term over three years",
        penalty("combined", kind=FIXED, months=37, probation_months=48),
        "combined_penalty.probation_months",
        "刑法 72",
    ),
    (
        "probation over five years",
        penalty("combined", kind=FIXED, months=36, probation_months=61),
        "combined_penalty.probation_months",
        "刑法 73",
    ),
    (
        "exemption by a guilty verdict",
        penalty("combined", kind=pb.PENALTY_KIND_EXEMPT),
        "combined_penalty.kind",
        "刑法 37",
    ),
    (
        "only supplementary, and none named",
        penalty("combined", kind=pb.PENALTY_KIND_SUPPLEMENTARY_ONLY),
        "supplementary_penalties",
        "R20",
    ),
    ("combined lighter than its part", put("offences[0].penalty.months", 37), "combined_penalty", "刑法 69"),
    ("combined longer than the sum", put("offences[0].penalty.months", 35), "combined_penalty", "刑法 69"),
    (
        "fine without amount",
        lambda made: made.supplementary_penalties.add(kind=pb.SUPPLEMENTARY_KIND_FINE),
        "supplementary_penalties[0].amount_yuan",
        "R20",
    ),
    (
        "supplementary penalty without kind",
        lambda made: made.supplementary_penalties.add(amount_yuan=5),
        "supplementary_penalties[0].kind",
        "R20",
    ),
    (
        "deprivation of 241 months",
        lambda made: made.supplementary_penalties.add(
            kind=pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS, months=241
        ),
        "supplementary_penalties[0].months",
        "刑法 55",
    ),
    # two principal penalties, and what goes with suspended death (刑法 50, 69, 383)
    ("a term after a term", further(kind=FIXED, months=12), "further_penalty.kind", "刑法 69"),
    ("further penalty of no kind", further(months=12), "further_penalty.kind", "R20"),
    (
        "control of two months after a term",
        further(kind=CONTROL, months=2),
        "further_penalty.months",
        "刑法 38-69",
    ),
    (
        "control after control",
        both(penalty("combined", kind=CONTROL, months=36), further(kind=CONTROL, months=6)),
        "further_penalty",
        "刑法 69",
    ),
    (
        "reduction limited of a term",
        penalty("combined", kind=FIXED, months=36, reduction_limited=True),
        "combined_penalty.reduction_limited",
        "刑法 50",
    ),
    (
        "no release from a term",
        penalty("combined", kind=FIXED, months=36, life_without_release=True),
        "combined_penalty.life_without_release",
        "刑法 383",
    ),
    (
        "no release for theft",
        penalty("combined", kind=pb.PENALTY_KIND_DEATH_SUSPENDED, life_without_release=True),
        "combined_penalty.life_without_release",
        "刑法 383",
    ),
    # what courts forbid (刑法 37-1, 38, 72)
    ("a prohibition of no kind", forbidden(scope="医师", months=36), "prohibitions[0].kind", "R20"),
    ("a prohibition of nothing", forbidden(kind=OCCUPATION, months=36), "prohibitions[0].scope", "刑法 37-1"),
    ("a prohibition without end", forbidden(kind=OCCUPATION, scope="医师"), "prohibitions[0].months", "R20"),
    (
        "an occupation for 35 months",
        forbidden(kind=OCCUPATION, scope="医师", months=35),
        "prohibitions[0].basis",
        "刑法 37-1",
    ),
    (
        "an occupation for life by no law",
        forbidden(kind=OCCUPATION, scope="教师", for_life=True),
        "prohibitions[0].basis",
        "刑法 37-1",
    ),
    (
        "for life and for three years",
        forbidden(kind=OCCUPATION, scope="教师", for_life=True, months=36, basis="未成年人保护法 62"),
        "prohibitions[0].for_life",
        "R20",
    ),
    (
        "an occupation for a century",
        forbidden(kind=OCCUPATION, scope="教师", months=1200, basis="某法"),
        "prohibitions[0].months",
        "R20",
    ),
    (
        "an end that is no day",
        forbidden(kind=OCCUPATION, scope="医师", until="2025-02-29"),
        "prohibitions[0].until",
        "DATE",
    ),
    (
        "an occupation forbidden in 2014",
        both(
            forbidden(kind=OCCUPATION, scope="医师", months=36),
            put("pronounced_on", "2014-06-03"),
            put("judgment_number.original", "（2014）朝刑初字第7号"),
            put("offences[0].conduct_from", "2013-01-10"),
            put("offences[0].conduct_to", "2013-01-10"),
        ),
        "prohibitions[0].kind",
        "刑法 37-1",
    ),
    (
        "an order with a term that is served",
        forbidden(kind=ORDER, scope="进入娱乐场所", months=12),
        "prohibitions[0].kind",
        "刑法 38, 72",
    ),
    (
        "an order longer than the probation",
        both(
            penalty("combined", kind=FIXED, months=36, probation_months=48),
            forbidden(kind=ORDER, scope="进入娱乐场所", months=49),
        ),
        "prohibitions[0].months",
        "刑法 38, 72",
    ),
]

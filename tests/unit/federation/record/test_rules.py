"""Each rule that keeps a record out, broken once: the field and the rule are named (R12-R22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.record.fields import MANDATORY
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, clear, open_record, record, sealed_record, withheld_record, without

TODAY = date(2026, 1, 15)
AGENCIES = ("police", "state_security", "procuratorate", "justice")
UNSTATED = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
Change = Callable[[pb.Record], object]


def faults(made: pb.Record, *, allow_synthetic: bool = True) -> set[tuple[str, str]]:
    try:
        admit(made, today=TODAY, allow_synthetic=allow_synthetic)
    except InvalidRequest as error:
        return {(violation.field, violation.rule) for violation in error.violations if violation.message}
    return set()


def full() -> pb.Record:
    """Return a record in which nothing is unknown."""
    made = record(Someone(), "police")
    del made.unknowns[:]
    made.execution.add(kind=pb.EXECUTION_KIND_SERVING, on="2019-06-20", executor="某监狱")
    return made


def put(path: str, value: object) -> Change:
    """Return the change that sets a field at a path such as "offences[0].conduct_from"."""

    def change(made: pb.Record) -> None:
        parent: object = made
        *way, last = path.replace("[", ".").replace("]", "").split(".")
        for step in way:
            parent = parent[int(step)] if step.isdigit() else getattr(parent, step)  # type: ignore[index]
        setattr(parent, last, value)

    return change


def penalty(path: str, **fields: object) -> Change:
    def change(made: pb.Record) -> None:
        imposed = pb.Penalty(**fields)  # type: ignore[arg-type]
        if path.startswith("offences"):
            made.offences[0].penalty.CopyFrom(imposed)
        else:
            made.offences[0].ClearField("penalty")
            made.combined_penalty.CopyFrom(imposed)

    return change


def unknown(field: str, reason: pb.UnknownReason.ValueType = UNSTATED) -> Change:
    return lambda made: made.unknowns.add(field=field, reason=reason)


def both(*changes: Change) -> Change:
    return lambda made: [change(made) for change in changes]


FIXED, CONTROL, DETENTION = (
    pb.PENALTY_KIND_FIXED_TERM,
    pb.PENALTY_KIND_CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION,
)
NUMBER = "person.identifiers[0].number"


OCCUPATION, ORDER = pb.PROHIBITION_KIND_OCCUPATION, pb.PROHIBITION_KIND_ORDER


def forbidden(**fields: object) -> Change:
    return lambda made: made.prohibitions.add(**fields)


def further(**fields: object) -> Change:
    return lambda made: made.further_penalty.CopyFrom(pb.Penalty(**fields))  # type: ignore[arg-type]


BROKEN: list[tuple[str, Change, str, str]] = [
    # who (R14)
    ("wrong check character", put(NUMBER, "990001198005060000"), NUMBER, "GB 11643"),
    ("number of nothing", put(NUMBER, "-"), NUMBER, "R14"),
    ("impossible birth date in the number", put(NUMBER, "990001198013060014"), NUMBER, "GB 11643"),
    ("number without a type", put("person.identifiers[0].type", 0), "person.identifiers[0].type", "R14"),
    ("unknown type of number", put("person.identifiers[0].type", 77), "person.identifiers[0].type", "R14"),
    (
        "number neither verified nor declared",
        put("person.identifiers[0].verification", 0),
        "person.identifiers[0].verification",
        "R14",
    ),
    (
        "passport number of punctuation",
        both(put("person.identifiers[0].type", pb.IDENTIFIER_TYPE_PASSPORT), put(NUMBER, "E?!")),
        NUMBER,
        "FORMAT",
    ),
    ("name without a kind", put("person.names[0].kind", 0), "person.names[0].kind", "R14"),
    ("name of 61 characters", put("person.names[0].text", "王" * 61), "person.names[0].text", "SIZE"),
    ("name of dots", put("person.names[0].text", "··"), "person.names[0].text", "R14"),
    ("name of a sign for unknown", put("person.names[0].text", "?"), "person.names[0].text", "R14"),
    ("unknown code of sex", put("person.sex", 5), "person.sex", "GB/T 2261.1"),
    (
        "division of five digits",
        put("person.household_division", "11010"),
        "person.household_division",
        "GB/T 2260",
    ),
    ("birth date that does not exist", put("person.birth_date", "1981-02-29"), "person.birth_date", "DATE"),
    ("birth in the future", put("person.birth_date", "2027-01-01"), "person.birth_date", "DATE"),
    # the judgment (R1, R16-R18, R23, R64, A16)
    ("acquittal", put("verdict", pb.VERDICT_ACQUITTED), "verdict", "A16"),
    ("no verdict", put("verdict", 0), "verdict", "A16"),
    ("unknown verdict", put("verdict", 9), "verdict", "A16"),
    ("public-order penalty", put("record_class", pb.RECORD_CLASS_PUBLIC_ORDER), "verdict", "R64"),
    ("non-prosecution", put("record_class", pb.RECORD_CLASS_NON_PROSECUTION), "verdict", "R64"),
    ("re-education", put("record_class", pb.RECORD_CLASS_REEDUCATION), "verdict", "R64"),
    ("working record", put("record_class", pb.RECORD_CLASS_WORKING), "record_class", "R64"),
    ("no class", put("record_class", 0), "record_class", "R64"),
    ("no instrument", put("instrument.kind", 0), "instrument.kind", "R1"),
    ("instrument without reference", put("instrument.reference", ""), "instrument.reference", "R1"),
    ("instrument without issuer", put("instrument.issuer", ""), "instrument.issuer", "R1"),
    ("digest of 31 bytes", put("instrument.sha256", bytes(31)), "instrument.sha256", "FORMAT"),
    (
        "civil case number",
        put("judgment_number.original", "（2019）京0105民初12号"),
        "judgment_number.original",
        "CASE-NUMBER-TYPE",
    ),
    (
        "masked case number",
        put("judgment_number.original", "（2019）京0105刑初××号"),
        "judgment_number.original",
        "CASE-NUMBER-MASKED",
    ),
    (
        "wrong canonical form",
        put("judgment_number.canonical", "（2019）京0105刑初1号"),
        "judgment_number.canonical",
        "R17",
    ),
    ("not yet final", put("final_on", "2026-01-16"), "final_on", "R23"),
    ("final before it was pronounced", put("final_on", "2019-06-01"), "final_on", "A5"),
    ("served before it was pronounced", put("served_on", "2019-06-01"), "served_on", "A5"),
    ("31 June", put("pronounced_on", "2019-06-31"), "pronounced_on", "DATE"),
    ("document of the future", put("instrument.issued_on", "2026-01-16"), "instrument.issued_on", "DATE"),
    # the offences (R19)
    ("offence without a name", put("offences[0].name", ""), "offences[0].name", "R19"),
    ("unknown intent", put("offences[0].intent", 7), "offences[0].intent", "FORMAT"),
    (
        "conduct that ends before it begins",
        put("offences[0].conduct_to", "2019-01-09"),
        "offences[0].conduct_to",
        "DATE",
    ),
    (
        "conduct after the judgment",
        put("offences[0].conduct_to", "2019-06-04"),
        "offences[0].conduct_to",
        "DATE",
    ),
    (
        "conduct before birth",
        put("offences[0].conduct_from", "1980-05-05"),
        "offences[0].conduct_from",
        "DATE",
    ),
    (
        "conduct of a child",
        both(put("offences[0].conduct_from", "1990-01-01"), put("offences[0].conduct_to", "1990-01-01")),
        "offences[0].conduct_to",
        "刑法 17",
    ),
    # what cannot be true together (R14, R17)
    ("a woman with a man's number", put("person.sex", pb.SEX_FEMALE), "person.sex", "GB 11643"),
    (
        "case number of the year after",
        put("judgment_number.original", "（2020）京0105刑初70000号"),
        "judgment_number.original",
        "R17",
    ),
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
    # execution (R21)
    ("event of no kind", put("execution[0].kind", 0), "execution[0].kind", "R21"),
    ("event without a day", put("execution[0].on", ""), "execution[0].on", "R21"),
    ("execution before the judgment", put("execution[0].on", "2019-06-02"), "execution[0].on", "R21"),
    (
        "events out of order",
        lambda made: made.execution.add(kind=pb.EXECUTION_KIND_REDUCED, on="2019-06-19"),
        "execution[1].on",
        "R21",
    ),
    # explicit unknowns (R13)
    ("given and unknown", unknown("court"), "court", "R13"),
    (
        "unknown without a reason",
        both(lambda m: m.ClearField("court"), unknown("court", pb.UNKNOWN_REASON_UNSPECIFIED)),
        "unknowns[0].reason",
        "R13",
    ),
    ("unknown of no such field", unknown("person.shoe_size"), "unknowns[0].field", "R13"),
    (
        "unknown twice",
        both(lambda m: m.ClearField("court"), unknown("court"), unknown("court")),
        "unknowns[1].field",
        "R13",
    ),
    (
        "unknown name",
        both(lambda m: m.person.ClearField("names"), unknown("person.names")),
        "person.names",
        "R14",
    ),
    ("unknown offences", both(lambda m: m.ClearField("offences"), unknown("offences")), "offences", "R19"),
    # the message itself
    ("extension without a namespace", lambda m: m.extensions.update({"number": "1"}), "extensions", "R22"),
    (
        "51 extensions",
        lambda m: m.extensions.update({f"cn.example.moj/x{n}": "" for n in range(51)}),
        "extensions",
        "SIZE",
    ),
    ("text of 401 characters", put("court.name", "院" * 401), "court.name", "SIZE"),
    ("control character", put("court.name", "法\x07院"), "court.name", "TEXT"),
    ("direction override", put("person.names[0].text", "张\u202e三"), "person.names[0].text", "TEXT"),
    ("white space around", put("court.name", " 法院"), "court.name", "TEXT"),
    ("201 names", lambda m: m.person.names.extend([m.person.names[0]] * 200), "person.names", "SIZE"),
    ("a field of the future", lambda m: m.MergeFromString(b"\xf8\x07\x01"), "record", "UNKNOWN_FIELD"),
    ("65 KB", lambda m: m.extensions.update({"cn.example.moj/x": "长" * 22000}), "record", "SIZE"),
]


@pytest.mark.parametrize("agency", AGENCIES)
@pytest.mark.parametrize("kind", [open_record, sealed_record, withheld_record])
def test_r13_what_each_agency_holds_is_complete_with_its_unknowns_named(
    agency: str, kind: Callable[[str], tuple[Someone, pb.Record]]
) -> None:
    assert faults(kind(agency)[1]) == set()


def test_r17_the_canonical_number_is_filled_in_and_the_original_kept() -> None:
    made = full()
    made.judgment_number.original = "(2012)朝刑初字第0123号"
    admitted = admit(made, today=TODAY, allow_synthetic=True)
    assert admitted.judgment_number.original == "(2012)朝刑初字第0123号"
    assert admitted.judgment_number.canonical == "（2012）朝刑初字第123号"
    assert made.judgment_number.canonical == "", "the sender's own message is not changed"


@pytest.mark.parametrize(("change", "field", "rule"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_r12_a_record_that_breaks_a_rule_is_refused_by_field_and_rule(
    change: Change, field: str, rule: str
) -> None:
    made = full()
    assert faults(made) == set()
    change(made)
    assert (field, rule) in faults(made)


@pytest.mark.parametrize("path", sorted(MANDATORY))
def test_r13_a_mandatory_field_left_out_in_silence_is_refused(path: str) -> None:
    made = full()
    clear(made, path)
    assert (path, MANDATORY[path][0]) in faults(made)


@pytest.mark.parametrize("path", sorted(set(MANDATORY) - {"person.names", "offences"}))
def test_r13_a_mandatory_field_may_be_explicitly_unknown_with_a_reason(path: str) -> None:
    assert faults(without(full(), [path], UNSTATED)) == set()


@pytest.mark.parametrize("end", ["conduct_from", "conduct_to"])
def test_r19_the_days_of_conduct_are_given_or_explicitly_unknown(end: str) -> None:
    made = full()
    made.offences[0].ClearField(end)  # type: ignore[arg-type]
    assert (f"offences[0].{end}", "R19") in faults(made)
    unknown(f"offences[0].{end}")(made)
    assert faults(made) == set()


def test_every_fault_is_told_at_once() -> None:
    made = full()
    made.verdict = pb.VERDICT_ACQUITTED
    made.final_on = "2026-02-30"
    made.person.household_division = "x"
    expected = {("verdict", "A16"), ("final_on", "DATE"), ("person.household_division", "GB/T 2260")}
    assert expected <= faults(made)


def test_synthetic_numbers_are_refused_where_persons_are_real() -> None:
    assert (NUMBER, "GB 11643") in faults(full(), allow_synthetic=False)

"""The flaws of real registers, in known shares: gaps, spellings, disagreements, invalid records.

Each share is "one in so many" facets, drawn from the facet's own generator.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random

from compose.demo.chance import one_in
from compose.demo.outcomes import Row
from compose.demo.people import name_variant
from compose.demo.places import household
from federation.v1 import record_pb2 as pb

DUPLICATE = 50
GAP = 14
VARIANT = 12
DISAGREEMENT = 20
BROKEN = 110

_GAPS = (
    ("person.household_division", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE),
    ("person.household_division", pb.UNKNOWN_REASON_DISPUTED),
    ("person.identifiers", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE),
    ("person.birth_date", pb.UNKNOWN_REASON_ILLEGIBLE),
    ("person.sex", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE),
    ("court", pb.UNKNOWN_REASON_ILLEGIBLE),
    ("judgment_number", pb.UNKNOWN_REASON_ILLEGIBLE),
    ("final_on", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE),
)
_GAP_WEIGHTS = (6, 2, 2, 2, 2, 1, 1, 2)
_BREAKS = ("identity_number", "final_on", "unexplained_gap", "acquitted", "masked_number", "conduct", "term")
_CHECKS = "0123456789X"
_PROBLEM = "cn.example.demo/row_problem"
_FIELD_OF_COLUMN = {
    "case_id": "judgment_number",
    "procuratorate": "prosecuting_party",
    "offences": "offences",
    "articles": "offences",
}


def forget(record: pb.Record, path: str, reason: pb.UnknownReason.ValueType) -> None:
    """Make a mandatory field explicitly unknown; one that already is keeps its first reason."""
    _clear(record, path)
    if all(unknown.field != path for unknown in record.unknowns):
        record.unknowns.add(field=path, reason=reason)


def not_ours(record: pb.Record, agency: str) -> None:
    """Mark fields that another agency holds as unknown, with that reason."""
    elsewhere = pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY
    detention = record.combined_penalty.kind == pb.PENALTY_KIND_CRIMINAL_DETENTION
    suspended = record.combined_penalty.probation_months > 0
    if agency in ("police", "justice") and record.prosecuting_party.WhichOneof("party"):
        forget(record, "prosecuting_party", elsewhere)
    ours = (agency == "justice") or (agency == "police" and detention and not suspended)
    if not ours and record.execution and record.execution[-1].executor != "人民法院":
        forget(record, "execution", elsewhere)
    if agency == "justice" and record.execution:
        record.extensions["cn.example.moj/file_number"] = f"SF{record.person.identifiers[0].number[2:12]}"


def written_differently(record: pb.Record, agency: str, draw: Random) -> frozenset[str]:
    """Write the same as another office would: brackets, spelling of names, offence without 罪."""
    marks = set()
    if one_in(draw, 3):
        brackets = draw.choice(("（）", "()", "〔〕", "[]"))
        text = re.sub(r"^.(\d{4}).", rf"{brackets[0]}\1{brackets[1]}", record.judgment_number.original)
        record.judgment_number.original = record.instrument.reference = text
        marks.add("written:judgment_number")
    if one_in(draw, VARIANT):
        name = record.person.names[0]
        name.text = name_variant(name.text, draw)
        marks.add("written:name")
    if agency == "police" and one_in(draw, VARIANT):
        for offence in record.offences:
            offence.name = offence.name.removesuffix("罪")
        marks.add("written:offence")
    number = record.person.identifiers[0]
    if number.number[6:8] == "19" and one_in(draw, 80):
        number.number = number.number[:6] + number.number[8:17]
        marks.add("written:first_generation_number")
    if one_in(draw, 25):
        number.verification = pb.VERIFICATION_DECLARED
        marks.add("declared:identity")
    return frozenset(marks)


def disagreeing(record: pb.Record, agency: str, draw: Random) -> frozenset[str]:
    """Give one field a value that differs from the other agencies' and does not affect sealing."""
    if agency == "procuratorate" or not one_in(draw, DISAGREEMENT):
        return frozenset()
    if one_in(draw, 2):
        record.person.household_division = household(draw)
        return frozenset({"differs:person.household_division"})
    record.final_on = (date.fromisoformat(record.final_on) + timedelta(days=1)).isoformat()
    return frozenset({"differs:final_on"})


def gaps(record: pb.Record, draw: Random) -> frozenset[str]:
    """Make one mandatory field unknown, with a reason."""
    if not one_in(draw, GAP):
        return frozenset()
    path, reason = draw.choices(_GAPS, _GAP_WEIGHTS)[0]
    forget(record, path, reason)
    return frozenset({f"gap:{path}"})


def broken(record: pb.Record, draw: Random) -> frozenset[str]:
    """Spoil the record so that no register may accept it."""
    if not one_in(draw, BROKEN):
        return frozenset()
    what = draw.choice(_BREAKS)
    if what == "identity_number" and record.person.identifiers and len(_number(record)) == 18:
        wrong = _CHECKS[(_CHECKS.index(_number(record)[17]) + 1) % 11]
        record.person.identifiers[0].number = _number(record)[:17] + wrong
    elif what == "final_on" and record.final_on:
        record.final_on = (date.fromisoformat(record.served_on) - timedelta(days=3)).isoformat()
    elif what == "masked_number" and record.judgment_number.original:
        record.judgment_number.original = re.sub(r"\d+号$", "**号", record.judgment_number.original)
    elif what == "conduct" and record.offences[0].conduct_to:
        late = date.fromisoformat(record.pronounced_on) + timedelta(days=30)
        record.offences[0].conduct_to = late.isoformat()
    elif what == "term" and record.combined_penalty.months:
        record.combined_penalty.months = 999
    elif what == "acquitted":
        record.verdict = pb.VERDICT_ACQUITTED
    else:
        what = "unexplained_gap"
        _clear(record, "combined_penalty")
    return frozenset({f"broken:{what}"})


def unreadable(record: pb.Record, row: Row) -> frozenset[str]:
    """Leave fields that the row does not state without a reason, so that the record is refused with the row's problem.

    A row with contradictory penalties needs no change: its record contradicts itself in the same way.
    """
    for problem in row.problems:
        if problem.column == "first_date_in_facts":
            del record.unknowns[:]
        else:
            path = _FIELD_OF_COLUMN.get(problem.column, "combined_penalty")
            _clear(record, path)
            kept = [unknown for unknown in record.unknowns if unknown.field != path]
            del record.unknowns[:]
            record.unknowns.extend(kept)
    if row.problems:
        text = "; ".join(f"{problem.column}: {problem.says}" for problem in row.problems)
        record.extensions[_PROBLEM] = "".join(c if c.isprintable() else "?" for c in text)[:200].strip()
        return frozenset({"row:unreadable"})
    return frozenset({"row:contradictory"})


def _number(record: pb.Record) -> str:
    return record.person.identifiers[0].number


def _clear(record: pb.Record, path: str) -> None:
    if path.startswith("person."):
        record.person.ClearField(path.removeprefix("person."))  # type: ignore[arg-type]
        if path == "person.household_division":
            record.person.ClearField("household_as_of")
    elif match := re.fullmatch(r"offences\[(\d+)\]\.(\w+)", path):
        record.offences[int(match[1])].ClearField(match[2])  # type: ignore[arg-type]
    else:
        record.ClearField(path)  # type: ignore[arg-type]
        if path == "court":
            record.instrument.issuer = "法院（名称不清）"

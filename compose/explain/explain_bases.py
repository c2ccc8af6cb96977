"""The questions of `hutong explain basis`, and the catalogue of statutory bases as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from compose.explain.explain_beside import judge_decisions
from compose.explain.strict_json import BadLine, Form
from compose.shared.printing import Console, listing, marked, styled
from federation.errors import NotPermitted
from federation.law.bases import Basis, require_usable
from federation.law.relevance import Answer, judge
from federation.law.relevance.running import BAN
from federation.v1 import record_pb2 as pb
from federation.values.calendar import parse_date
from federation.values.words import words

MOST_CONVICTIONS: Final = 100
MOST_ITEMS: Final = 1000
MOST_MONTHS: Final = 1200
WIDTH: Final = 130
"""Characters; a narrower table of laws cannot be read."""
_CONVICTION_KEYS: Final = (
    "offences",
    "penalty",
    "supplementary",
    "execution",
    "pronounced_on",
    "final_on",
    "occupation_ban",
)
_FIELDS: Final = (
    "id",
    "law",
    "article",
    "version",
    "rank",
    "purpose",
    "summary",
    "wording",
    "period",
    "who",
    "shown",
    "same_as",
    "under",
    "askable",
    "beyond",
    "note",
    "checked",
)


def explain_basis(value: object, rows: Mapping[str, Basis]) -> dict[str, object]:
    """Return what a provision says of convictions, and of decisions of other classes, on a day; raises `BadLine`."""
    form = Form(value, ("basis", "on", "convictions", "decisions"))
    basis = rows.get(form.text("basis"))
    if basis is None:
        form.refuse("basis", "is no row of the catalogue; `hutong explain bases` lists them")
    on = day_of(form, "on")
    if on is None:
        form.refuse("on", "name the day of the question")
    given = form.given("convictions")
    items = [] if given == [] else form.items("convictions", MOST_CONVICTIONS)
    records = [conviction(item, f"convictions[{number}]") for number, item in enumerate(items)]
    try:
        require_usable(basis, on)
    except NotPermitted as refused:
        return _answer("refused", [refused.message], [], basis) | {"refused": refused.reason}
    given_decisions = form.items("decisions", MOST_CONVICTIONS) if form.has("decisions") else []
    decisions = judge_decisions(basis, given_decisions, on=on)
    found = [judge(basis, record, on=on) for record in records]
    answers = [*(each.answer for each in found), *(each.answer for each in decisions)]
    answer = max(answers, default=Answer.NO)
    reasons = [reason for each in found if each.answer is answer for reason in each.reasons]
    reasons += [each.because for each in decisions if each.answer is answer]
    names = [name for each in found for name in each.offences]
    return _answer(answer.name.lower(), reasons or ["there is no conviction"], names, basis)


def row_json(basis: Basis) -> dict[str, object]:
    """Return a row as programs read it; what the catalogue leaves open is left out."""
    said: dict[str, Any] = {name: getattr(basis, name) for name in _FIELDS}
    said |= {
        "askers": sorted(basis.askers),
        "includes_classes": sorted(basis.includes_classes),
        "opens_seal": sorted(basis.opens_seal),
        "predicate": [[str(word) for word in alternative] for alternative in basis.predicate],
        "beside": {
            name: [[str(word) for word in alternative] for alternative in predicate]
            for name, predicate in basis.beside.items()
        },
    }
    for name in ("in_force_from", "in_force_to", "checked_on"):
        day = getattr(basis, name)
        said[name] = day.isoformat() if day else ""
    return {name: item for name, item in said.items() if item != ""}


def bases_table(rows: Mapping[str, Basis]) -> None:
    """Print the catalogue for people."""
    table = listing(
        "statutory bases for public questions (R36, R37)",
        "id",
        "provision",
        "what matters",
        "how long",
        "who may ask",
        "shown",
        whole=("id", "shown"),
    )
    for basis in rows.values():
        shown = styled(basis.shown.replace("_", "/")) if basis.askable else marked("[dim]not askable[/]")
        who = marked("{} [dim]({})[/]", basis.who, ", ".join(sorted(basis.askers)))
        table.add_row(basis.id, basis.citation, basis.summary, basis.period, who, shown)
    Console(width=max(Console().width, WIDTH)).print(table)


def _answer(answer: str, reasons: list[str], names: list[str], basis: Basis) -> dict[str, object]:
    return {
        "answer": answer,
        "reasons": list(dict.fromkeys(reasons)),
        "offences": list(dict.fromkeys(names)),
        "row": row_json(basis),
    }


def conviction(value: object, path: str) -> pb.Record:
    """Return one conviction as a record; raises `BadLine`."""
    form = Form(value, _CONVICTION_KEYS, path)
    record = pb.Record(record_class=pb.RECORD_CLASS_CRIMINAL)
    for number, item in enumerate(form.items("offences", MOST_ITEMS)):
        _offence(item, f"{path}.offences[{number}]", record.offences.add())
    _penalty(form.given("penalty"), f"{path}.penalty", record.combined_penalty)
    exempt = record.combined_penalty.kind == pb.PENALTY_KIND_EXEMPT
    if record.combined_penalty.kind:
        record.verdict = pb.VERDICT_GUILTY_EXEMPT if exempt else pb.VERDICT_GUILTY
    for number, item in enumerate(_optional(form, "supplementary")):
        _supplementary(item, f"{path}.supplementary[{number}]", record.supplementary_penalties.add())
    for number, item in enumerate(_optional(form, "execution")):
        event = Form(item, ("kind", "on"), f"{path}.execution[{number}]")
        kind = _kind(event, "kind", pb.ExecutionKind)
        record.execution.add(kind=pb.ExecutionKind.ValueType(kind), on=_text_day(event, "on"))
    record.final_on = _text_day(form, "final_on")
    if form.has("pronounced_on"):
        record.pronounced_on = _text_day(form, "pronounced_on")
    if form.has("occupation_ban"):
        record.extensions[BAN] = form.text("occupation_ban")
    return record


def _offence(value: object, path: str, offence: pb.Offence) -> None:
    form = Form(value, ("name", "article", "intent", "penalty"), path)
    offence.name = form.text("name")
    if form.has("article") and form.given("article") is not None:
        offence.article = form.text("article")
    if form.has("intent") and form.given("intent") is not None:
        offence.intent = pb.Intent.ValueType(_kind(form, "intent", pb.Intent))
    if form.has("penalty"):
        _penalty(form.given("penalty"), f"{path}.penalty", offence.penalty)


def _penalty(value: object, path: str, penalty: pb.Penalty) -> None:
    if value is None:
        return
    form = Form(value, ("kind", "months", "days", "probation_months"), path)
    penalty.kind = pb.PenaltyKind.ValueType(_kind(form, "kind", pb.PenaltyKind))
    for name in ("months", "days", "probation_months"):
        if form.has(name) and form.given(name) is not None:
            setattr(penalty, name, form.whole(name, MOST_MONTHS))


def _supplementary(value: object, path: str, extra: pb.SupplementaryPenalty) -> None:
    form = Form({"kind": value} if isinstance(value, str) else value, ("kind", "months", "for_life"), path)
    extra.kind = pb.SupplementaryKind.ValueType(_kind(form, "kind", pb.SupplementaryKind))
    if form.has("months"):
        extra.months = form.whole("months", MOST_MONTHS)
    if form.has("for_life"):
        extra.for_life = form.flag("for_life")


def _optional(form: Form, name: str) -> list[object]:
    given = form.given(name) if form.has(name) else None
    return [] if given in (None, []) else list(form.items(name, MOST_ITEMS))


def _kind(form: Form, name: str, enum: Any) -> int:
    known = {word: number for number, word in words(enum.DESCRIPTOR).items() if number}
    return known[form.choice(name, list(known))]


def day_of(form: Form, name: str) -> date | None:
    """Return a day, or None for null; raises `BadLine`."""
    if form.given(name) is None:
        return None
    try:
        return parse_date(form.text(name))
    except BadLine:
        raise
    except ValueError as error:
        form.refuse(name, str(error))


def _text_day(form: Form, name: str) -> str:
    day = day_of(form, name)
    return day.isoformat() if day else ""

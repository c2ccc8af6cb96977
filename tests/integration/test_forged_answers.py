"""Answers forged with the gateway's own key are broken or at most signed; the client refuses the broken ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import Verdict
from federation.v1 import query_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from tests.support.forging import BRIEF, BROKEN, CLEAN, ELSEWHERE, FULL, ITS_OWN, SIGNED, Forge, Forger, of
from tests.support.local import LocalFederation


@pytest.fixture(scope="module")
def forger(running_federation: LocalFederation) -> Forger:
    return Forger(running_federation)


def test_honest_answers_are_proven_at_full_granularity_and_signed_below(forger: Forger) -> None:
    for honest, verdict in (
        (forger.full, Verdict.PROVEN),
        (forger.clean, Verdict.PROVEN),
        (forger.brief, SIGNED),
    ):
        assert forger.verdict(honest, honest.envelope) is verdict
    assert forger.full.answer.finding == pb.FINDING_RECORD
    assert forger.clean.answer.finding == pb.FINDING_NO_RECORD
    assert forger.brief.answer.finding == pb.FINDING_YES


@pytest.mark.parametrize("name", FULL)
def test_a_forged_record_is_never_proven(forger: Forger, name: str) -> None:
    expected, changes = FULL[name]
    assert forger.verdict(forger.full, forger.forged(forger.full, *changes)) is expected


@pytest.mark.parametrize("name", CLEAN)
def test_a_forged_clean_answer_is_never_proven(forger: Forger, name: str) -> None:
    expected, changes = CLEAN[name]
    assert forger.verdict(forger.clean, forger.forged(forger.clean, *changes)) is expected


@pytest.mark.parametrize("name", BRIEF)
def test_below_full_granularity_only_the_finding_rests_on_the_gateway(forger: Forger, name: str) -> None:
    expected, changes = BRIEF[name]
    assert forger.verdict(forger.brief, forger.forged(forger.brief, *changes)) is expected


def test_no_value_of_a_proven_answer_can_be_changed(forger: Forger) -> None:
    """Every value anywhere in the answer, changed or emptied one at a time."""
    tried = 0
    for path, change in _changes(forger.full.answer, ()):
        if path[0] in ITS_OWN:
            continue
        tried += 1
        assert forger.verdict(forger.full, forger.forged(forger.full, change)) is not Verdict.PROVEN, path
    assert tried > 300


def test_without_its_question_an_answer_is_at_most_signed(forger: Forger) -> None:
    charter = forger.federation.charter()
    assert verify(render(forger.full.envelope), lambda _: charter).verdict is SIGNED
    other = verify(render(forger.full.envelope, forger.clean.question), lambda _: charter)
    assert [check.name for check in other.failures] == ["question"]


@pytest.mark.parametrize("claim", ELSEWHERE)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("purpose", of("purpose", pb.PURPOSE_OWN)),
        ("basis", of("basis", "TCH-14")),
        ("bars", lambda a: a.bars.add()),
        ("time", lambda a: setattr(a, "answered_at", f"2020{a.answered_at[4:]}")),
        ("request", of("request_digest", b"\1" * 32)),
    ],
)
def test_rules_that_nobody_has_excuse_no_other_question(
    forger: Forger, claim: str, name: str, change: Forge
) -> None:
    honest = forger.full
    assert forger.verdict(honest, forger.forged(honest, ELSEWHERE[claim])) is SIGNED
    assert forger.verdict(honest, forger.forged(honest, ELSEWHERE[claim], change)) is BROKEN, name


@pytest.mark.parametrize("claim", ELSEWHERE)
def test_the_question_in_a_file_is_the_one_answered_whatever_the_rules(forger: Forger, claim: str) -> None:
    charter = forger.federation.charter()
    forged = forger.forged(forger.full, ELSEWHERE[claim])
    for question, verdict in (
        (forger.full.question, SIGNED),
        (forger.clean.question, BROKEN),
        (None, SIGNED),
    ):
        assert verify(document_text(render(forged, question)).encode(), lambda _: charter).verdict is verdict
    unsigned = Envelope()
    unsigned.CopyFrom(forger.full.question)
    unsigned.signatures[0].sig = bytes(64)
    assert verify(document_text(render(forged, unsigned)).encode(), lambda _: charter).verdict is BROKEN


def _changes(message: Message, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Forge]]:
    """Yield a change of each value set in `message`, found again in a copy of the answer by its path."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from (((*path, field.name, key), _at(path, partial(_put, field, key))) for key in value)
            continue
        items = enumerate(value) if field.is_repeated else [(None, value)]
        for index, item in items:
            place = (*path, field.name) if index is None else (*path, field.name, index)
            if field.message_type is not None:
                yield from _changes(item, place)
            else:
                yield place, _at(path, partial(_put, field, index))
        yield (*path, field.name, "emptied"), _at(path, partial(_empty, field))


def _at(path: tuple[str | int, ...], change: Callable[[Any], object]) -> Forge:
    def apply(answer: pb.Answer) -> None:
        found: Any = answer
        for step in path:
            found = found[step] if isinstance(step, int) else getattr(found, step)
        change(found)

    return apply


def _put(field: FieldDescriptor, index: int | str | None, message: Any) -> None:
    """Set another value in place of the one that is set."""
    if index is None:
        setattr(message, field.name, _other(field, getattr(message, field.name)))
    elif isinstance(index, str):
        getattr(message, field.name)[index] += "某"
    else:
        getattr(message, field.name)[index] = _other(field, getattr(message, field.name)[index])


def _empty(field: FieldDescriptor, message: Message) -> None:
    message.ClearField(field.name)


def _other(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return next(each.number for each in field.enum_type.values if each.number not in (0, value))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + bytes([value[-1] ^ 1]) if isinstance(value, bytes) else value + "某"

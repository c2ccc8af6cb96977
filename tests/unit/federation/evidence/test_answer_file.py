"""A saved answer holds as it is, and with any byte changed it says what fails."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from federation.errors import CharterUnusable, Corrupt
from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import Result, Verdict
from federation.v1 import query_pb2 as pb


def failing(document: bytes | dict[str, Any], world: Any) -> set[str]:
    return {check.name for check in verify(document, world.charter_at).failures}


def test_an_honest_answer_holds_in_every_check(world: Any) -> None:
    text = document_text(render(world.sign(world.answer()))).encode()
    verified = verify(text, world.charter_at)
    assert verified.holds, verified.failures
    assert [check.name for check in verified.gaps] == ["rules"]  # made by hand, under no edition of the rules
    assert {check.result for check in verified.checks if check.name != "rules"} == {Result.OK}
    assert verified.require().answer_id == "a-1"
    names = [check.name for check in verified.checks]
    assert {"view", "signature", "required nodes", "node police-1", "convictions"} <= set(names)


def test_the_view_speaks_the_words_of_the_design(world: Any) -> None:
    shown = render(world.sign(world.answer()))["answer"]
    assert (shown["purpose"], shown["completeness"], shown["finding"]) == ("case", "COMPLETE", "RECORD")
    assert [outcome["outcome"] for outcome in shown["outcomes"]] == ["match", "none"]
    assert shown["request_digest"] == world.request.hex()
    assert shown["convictions"][0]["record"]["person"] is None


def test_one_changed_byte_anywhere_is_found(world: Any) -> None:
    text = document_text(render(world.sign(world.answer()))).encode()
    chance = random.Random(7)
    for _ in range(400):
        place = chance.randrange(len(text) - 1)
        changed = bytearray(text)
        changed[place] = chance.choice([b for b in range(256) if b != changed[place]])
        assert not verify(bytes(changed), world.charter_at).holds, (place, text[place], changed[place])


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")}])
def test_the_same_content_in_another_usual_layout_still_holds(world: Any, layout: dict[str, Any]) -> None:
    document = render(world.sign(world.answer()))
    assert not failing(json.dumps(document, **layout).encode(), world)
    assert not failing(document, world)


def test_a_changed_view_is_named_by_its_field(world: Any) -> None:
    document = render(world.sign(world.answer()))
    document["answer"]["convictions"][0]["record"]["offences"][0]["name"] = "诈骗罪"
    with pytest.raises(Corrupt, match=r"view: answer.convictions\[0\].record.offences\[0\].name"):
        verify(document, world.charter_at).require()


@pytest.mark.parametrize(("old", "new"), [(3, 3.0), (3, True), (3, "3")])
def test_a_number_is_not_another_kind_of_number(world: Any, old: int, new: object) -> None:
    document = render(world.sign(world.answer()))
    assert document["answer"]["charter_version"] == old
    document["answer"]["charter_version"] = new
    assert failing(document, world) == {"view"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff",
        b"{" * 100_000,
        b'{"format": NaN}',
        b'{"format":"hutong-answer-v1","format":"hutong-answer-v1","answer":{},"envelope":{}}',
        b'{"format":"hutong-answer-v1","answer":{},"envelope":{"payloadType":1,"payload":[],"signatures":3}}',
        b'{"format":"hutong-answer-v1","answer":{"\\ud800":1},"envelope":{}}',
        b'{"format":"hutong-answer-v1","answer":{},"envelope":{},"note":1}',
    ],
)
def test_what_is_no_answer_is_refused_without_an_exception(world: Any, text: bytes) -> None:
    verified = verify(text, world.charter_at)
    assert not verified.holds
    assert verified.failures[0].name == "document"


def test_a_repeated_key_is_refused_even_with_the_same_value(world: Any) -> None:
    text = document_text(render(world.sign(world.answer())))
    doubled = text.replace('"purpose": "case",', '"purpose": "case", "purpose": "case",')
    assert failing(doubled.encode(), world) == {"document"}


def test_base64_with_loose_bits_is_refused(world: Any) -> None:
    document = render(world.sign(world.answer()))
    sig = document["envelope"]["signatures"][0]["sig"]
    assert sig.endswith("==")
    loose = sig[:-3] + chr(ord(sig[-3]) + 1) + "=="
    assert base64.b64decode(loose) == base64.b64decode(sig)
    document["envelope"]["signatures"][0]["sig"] = loose
    assert failing(document, world) == {"document"}


def test_only_a_gateway_of_the_charter_may_sign_an_answer(world: Any) -> None:
    for signer in ("police/node/police-1", "police/client/desk"):
        assert failing(render(world.sign(world.answer(), signer)), world) == {"signature"}


def forged(change: Callable[[pb.Answer, Any], None]) -> Callable[[pb.Answer, Any], None]:
    return change


def drop_node(answer: pb.Answer, world: Any) -> None:
    del answer.outcomes[1], answer.evidence[1]


def hide_match(answer: pb.Answer, world: Any) -> None:
    answer.outcomes[0].outcome = pb.OUTCOME_NONE
    answer.finding = pb.FINDING_NO_RECORD
    del answer.convictions[:]


def change_penalty(answer: pb.Answer, world: Any) -> None:
    answer.convictions[0].record.combined_penalty.months = 999


def invent_facet(answer: pb.Answer, world: Any) -> None:
    answer.convictions[0].facets[0].record_id = "r-2"


def drop_evidence(answer: pb.Answer, world: Any) -> None:
    del answer.evidence[0]


def stop_node(answer: pb.Answer, world: Any) -> None:
    answer.outcomes[1].outcome = pb.OUTCOME_UNREACHABLE
    del answer.evidence[1]


def clean_though_partial(answer: pb.Answer, world: Any) -> None:
    stop_node(answer, world)
    answer.completeness = pb.COMPLETENESS_PARTIAL
    answer.finding = pb.FINDING_NO_RECORD
    answer.outcomes[0].outcome = pb.OUTCOME_NONE
    answer.evidence[0].CopyFrom(world.evidence("police-1", world.node_answer("police-1")))
    del answer.convictions[:]


def other_request(answer: pb.Answer, world: Any) -> None:
    answer.request_digest = bytes(32)


def tell_too_much(answer: pb.Answer, world: Any) -> None:
    answer.granularity = pb.GRANULARITY_YES_NO


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (drop_node, {"required nodes"}),
        (hide_match, {"node police-1"}),
        (change_penalty, {"convictions"}),
        (invent_facet, {"convictions", "shown"}),
        (drop_evidence, {"node answers", "convictions"}),
        (stop_node, {"completeness"}),
        (clean_though_partial, {"completeness"}),
        (other_request, {"node police-1", "node justice-1", "convictions"}),
        (tell_too_much, {"minimisation"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_gateway_that_lies_is_caught_though_it_signs(
    world: Any, change: Callable[[pb.Answer, Any], None], fails: set[str]
) -> None:
    answer = world.answer()
    change(answer, world)
    assert failing(render(world.sign(answer)), world) == fails


def test_a_clean_node_without_its_own_signature_is_called_unproven(world: Any) -> None:
    answer = world.answer()
    del answer.evidence[1]
    verified = verify(render(world.sign(answer)), world.charter_at)
    assert verified.holds
    assert [c.name for c in verified.checks if c.result is Result.UNPROVEN] == ["node answers", "rules"]


def test_without_a_trusted_charter_nothing_holds(world: Any) -> None:
    def none(moment: object) -> Any:
        raise CharterUnusable("no charter is pinned")

    verified = verify(render(world.sign(world.answer())), none)
    assert [check.name for check in verified.failures] == ["charter"]


def test_answers_that_differ_in_ids_and_times_only_are_documents_of_equal_length(world: Any) -> None:
    def below_full(answer_id: str, digest: bytes) -> str:
        answer = world.answer()
        del answer.convictions[:], answer.evidence[:], answer.outcomes[:]
        answer.outcomes.add(node="police-1", agency="police", outcome=pb.OUTCOME_ANSWERED)
        answer.outcomes.add(node="justice-1", agency="justice", outcome=pb.OUTCOME_ANSWERED)
        answer.purpose = pb.PURPOSE_PUBLIC
        answer.granularity = pb.GRANULARITY_YES_NO
        answer.finding = pb.FINDING_NO
        answer.answer_id = answer_id
        answer.request_digest = digest
        document = render(world.sign(answer))
        assert not failing(document, world)
        return document_text(document)

    one, other = below_full("a-1", bytes(32)), below_full("z-9", bytes([255] * 32))
    assert one != other
    assert len(one.encode()) == len(other.encode())


def test_under_another_version_of_the_charter_an_honest_answer_is_signed_and_not_broken(world: Any) -> None:
    """A node has left since, and another one must answer now; the gateway is the same."""
    text = document_text(render(world.sign(world.answer()))).encode()
    later = world.changed(
        lambda charter: replace(
            charter, version=4, digest="cd" * 32, nodes=charter.nodes[:1], purposes={"case": ("police",)}
        )
    )
    verified = verify(text, later.charter_at)
    assert verified.verdict is Verdict.SIGNED, verified.failures
    assert {check.name for check in verified.gaps} >= {"federation", "required nodes", "node justice-1"}


def test_under_another_version_of_the_charter_a_false_signature_is_still_broken(world: Any) -> None:
    answer = world.answer()
    page = answer.evidence[0].page
    page.signatures[0].sig = bytes(64)
    later = world.changed(lambda charter: replace(charter, version=4, digest="cd" * 32))
    assert failing(render(world.sign(answer)), later) >= {"node police-1"}

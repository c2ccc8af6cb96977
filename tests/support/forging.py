"""Answers forged with the gateway's own key: what a forger changes in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compose.local.layout import GATEWAY
from federation.answers import wording
from federation.charter.envelope import ANSWER, Signer, sign_payload
from federation.client import CheckedAnswer
from federation.client.asking import checked
from federation.errors import HutongError
from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import Verdict
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from federation.v1.envelope_pb2 import Envelope
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, record

BROKEN, SIGNED = Verdict.BROKEN, Verdict.SIGNED
#: What only the gateway knows: its own number for the answer, its own log entry, and the minute in which it answered.
ITS_OWN = {"answer_id", "request_entry", "answered_at"}
Forge = Callable[[pb.Answer], object]


class Forger:
    """Whoever holds the gateway's key and an honest answer of each kind."""

    def __init__(self, federation: LocalFederation) -> None:
        self.federation = federation
        self.signer = Signer.load(federation.layout.folder(GATEWAY) / "signing.key", GATEWAY)
        convicted, number = Someone(name="陆乘风"), case_number()
        for agency in ("police", "procuratorate", "justice"):
            federation.enter(agency, record(convicted, agency, number=number))
        police = federation.client("police")
        self.full = police.ask(asking.case(convicted.subject()))
        self.clean = police.ask(asking.case(Someone(name="梅超风").subject()))
        self.brief = federation.client("justice").ask(asking.public(convicted.subject()))

    def forged(self, honest: CheckedAnswer, *changes: Forge) -> Envelope:
        answer = pb.Answer()
        answer.CopyFrom(honest.answer)
        for change in changes:
            change(answer)
        return sign_payload(ANSWER, answer.SerializeToString(deterministic=True), self.signer)

    def verdict(self, honest: CheckedAnswer, forged: Envelope) -> Verdict:
        """Return what `verify` says of the saved forgery, having seen that the client says the same."""
        charter = self.federation.charter()
        text = document_text(render(forged, honest.question)).encode()
        verdict = verify(text, lambda _: charter).verdict
        try:
            assert checked(forged, honest.question, charter).verified.verdict == verdict
        except HutongError:
            assert verdict is BROKEN
        return verdict


def of(attribute: str, value: object) -> Forge:
    return lambda answer: setattr(answer, attribute, value)


def clear(*fields: str) -> Forge:
    def change(answer: Any) -> None:
        for name in fields:
            answer.ClearField(name)

    return change


def outcome(node: str, value: pb.Outcome.ValueType, reason: str = "") -> Forge:
    def change(answer: pb.Answer) -> None:
        for each in answer.outcomes:
            if each.node == node:
                each.CopyFrom(pb.NodeOutcome(node=node, agency=each.agency, outcome=value, reason=reason))

    return change


def without_evidence(*nodes: str) -> Forge:
    def change(answer: pb.Answer) -> None:
        kept = [each for each in answer.evidence if nodes and each.node not in nodes]
        del answer.evidence[:]
        answer.evidence.extend(kept)

    return change


def everywhere_none(answer: pb.Answer) -> None:
    for each in answer.outcomes:
        each.outcome, each.reason = pb.OUTCOME_NONE, ""


def advised(answer: pb.Answer) -> None:
    del answer.advice[:]
    answer.advice.extend(wording.advice(answer.completeness, answer.finding))


def first(change: Callable[[pb.MergedConviction], object]) -> Forge:
    return lambda answer: change(answer.convictions[0])


NO_RECORD, RECORD = of("finding", pb.FINDING_NO_RECORD), of("finding", pb.FINDING_RECORD)
PARTIAL = of("completeness", pb.COMPLETENESS_PARTIAL)
UNDECIDED = of("finding", pb.FINDING_UNDECIDED)
#: Of a complete answer with one conviction, known to three agencies.
FULL: dict[str, tuple[Verdict, tuple[Forge, ...]]] = {
    "clean, evidence left": (BROKEN, (NO_RECORD, clear("convictions"), advised)),
    "clean, outcomes too": (BROKEN, (NO_RECORD, clear("convictions"), everywhere_none, advised)),
    "clean without evidence": (
        SIGNED,
        (NO_RECORD, clear("convictions"), everywhere_none, without_evidence(), advised),
    ),
    "clean, one node bare": (
        BROKEN,
        (NO_RECORD, clear("convictions"), outcome("police-1", pb.OUTCOME_NONE), without_evidence("police-1")),
    ),
    "another finding": (BROKEN, (of("finding", pb.FINDING_CONFIRM_IDENTITY), advised)),
    "a brief finding": (BROKEN, (of("finding", pb.FINDING_NO), clear("convictions"), advised)),
    "a conviction dropped": (BROKEN, (clear("convictions"),)),
    "a conviction twice": (BROKEN, (lambda a: a.convictions.append(a.convictions[0]),)),
    "offence emptied": (BROKEN, (first(lambda c: c.record.ClearField("offences")),)),
    "offence renamed": (BROKEN, (first(lambda c: setattr(c.record.offences[0], "name", "危险驾驶罪")),)),
    "penalty emptied": (BROKEN, (first(lambda c: c.record.ClearField("combined_penalty")),)),
    "person emptied": (BROKEN, (first(lambda c: c.record.ClearField("person")),)),
    "sources emptied": (BROKEN, (first(lambda c: c.ClearField("sources")),)),
    "a facet left out": (BROKEN, (first(lambda c: c.facets.pop()),)),
    "a conflict hidden": (BROKEN, (first(lambda c: c.conflicts.add(field="final_on")),)),
    "shown as sealed": (
        BROKEN,
        (first(lambda c: setattr(c, "sealing_status", record_pb2.SEALING_STATUS_SEALED)),),
    ),
    "co-offender sealed": (BROKEN, (first(lambda c: setattr(c, "contains_sealed", True)),)),
    "one node gone silent": (
        BROKEN,
        (
            PARTIAL,
            outcome("police-1", pb.OUTCOME_LATE, "LATE"),
            without_evidence("police-1"),
        ),
    ),
    "all nodes gone silent but one": (
        SIGNED,
        (
            PARTIAL,
            UNDECIDED,
            clear("convictions"),
            *(outcome(n, pb.OUTCOME_LATE, "LATE") for n in ("police-1", "procuratorate-1", "justice-1")),
            without_evidence("police-1", "procuratorate-1", "justice-1"),
            advised,
        ),
    ),
    "a node redacted": (
        SIGNED,
        (outcome("police-1", pb.OUTCOME_MATCH, "REDACTED"), without_evidence("police-1")),
    ),
    "a node left out": (BROKEN, (lambda a: a.outcomes.pop(),)),
    "a node twice": (BROKEN, (lambda a: a.outcomes.append(a.outcomes[0]),)),
    "evidence twice": (BROKEN, (lambda a: a.evidence.append(a.evidence[0]),)),
    "evidence of another node": (BROKEN, (lambda a: setattr(a.evidence[0], "node", a.evidence[1].node),)),
    "a store's time": (BROKEN, (lambda a: setattr(a.outcomes[0], "as_of", "2020-01-01T00:00:00.000000Z"),)),
    "purpose": (BROKEN, (of("purpose", pb.PURPOSE_DEFENCE),)),
    "purpose sealed": (BROKEN, (of("purpose", pb.PURPOSE_SEALED_CASE),)),
    "basis": (BROKEN, (of("basis", "COMP-24"),)),
    "policies emptied": (BROKEN, (clear("policies"),)),
    "policies of another": (BROKEN, (lambda a: setattr(a.policies[0], "id", "q5-sealed-provision"),)),
    "policy's words": (BROKEN, (lambda a: setattr(a.policies[0], "says", "anything goes"),)),
    "classes": (BROKEN, (lambda a: a.classes_searched.append(record_pb2.RECORD_CLASS_NON_PROSECUTION),)),
    "terms": (BROKEN, (lambda a: a.terms.pop(),)),
    "terms added": (BROKEN, (lambda a: a.terms.append("可以公开。"),)),
    "advice": (BROKEN, (lambda a: a.advice.append("Call this number."),)),
    "granularity": (BROKEN, (of("granularity", pb.GRANULARITY_YES_NO),)),
    "listed offences": (BROKEN, (lambda a: a.listed_offences.append("盗窃罪"),)),
    "watermark": (BROKEN, (of("watermark", "00"),)),
    "bars": (BROKEN, (lambda a: a.bars.add(basis="COMP-24"),)),
    "another charter": (SIGNED, (lambda a: setattr(a, "charter_version", a.charter_version + 1),)),
    "another content of the charter": (BROKEN, (of("charter_digest", "00" * 32),)),
    "another federation": (BROKEN, (of("federation", "other.example"),)),
    "other rules": (SIGNED, (of("rules", "1-00000000000000000000000000000000"),)),
    "another question": (BROKEN, (of("request_digest", bytes(32)),)),
    "another gateway": (BROKEN, (of("gateway", "police/node/police-1"),)),
    "an hour later": (BROKEN, (of("answered_at", "2020-01-01T00:00:00.000000Z"),)),
}
#: Of a complete answer about nobody on record.
CLEAN: dict[str, tuple[Verdict, tuple[Forge, ...]]] = {
    "a record": (BROKEN, (RECORD, advised)),
    "an invented conviction": (BROKEN, (RECORD, lambda a: a.convictions.add(), advised)),
    "doubt": (BROKEN, (of("finding", pb.FINDING_CONFIRM_IDENTITY), advised)),
    "incomplete": (BROKEN, (PARTIAL, UNDECIDED, advised)),
    "bare": (SIGNED, (without_evidence("police-1"),)),
    "bare, as of no time": (BROKEN, (without_evidence("police-1"), outcome("police-1", pb.OUTCOME_NONE))),
}
#: Of an answer at granularity yes/no: its finding rests on the gateway, everything else does not.
BRIEF: dict[str, tuple[Verdict, tuple[Forge, ...]]] = {
    "as it was": (SIGNED, ()),
    "no for yes": (SIGNED, (of("finding", pb.FINDING_NO), advised)),
    "a finding of another granularity": (BROKEN, (NO_RECORD, advised)),
    "outcomes": (BROKEN, (outcome("police-1", pb.OUTCOME_MATCH),)),
    "purpose": (BROKEN, (of("purpose", pb.PURPOSE_OWN),)),
    "basis": (BROKEN, (of("basis", "COMP-24"),)),
    "granularity": (BROKEN, (of("granularity", pb.GRANULARITY_FULL),)),
    "policies": (BROKEN, (clear("policies"),)),
    "listed": (BROKEN, (lambda a: a.listed_offences.append("盗窃罪"),)),
    "bars": (BROKEN, (lambda a: a.bars.add(basis="COMP-24"),)),
    "terms": (BROKEN, (clear("terms"),)),
    "complete though a node was late": (BROKEN, (outcome("police-1", pb.OUTCOME_LATE, "LATE"),)),
    "no though incomplete": (
        BROKEN,
        (of("finding", pb.FINDING_NO), PARTIAL, outcome("police-1", pb.OUTCOME_LATE, "LATE"), advised),
    ),
}
#: Answers that claim rules or a charter which the verifier does not have.
ELSEWHERE: dict[str, Forge] = {
    "another edition of the rules": of("rules", "2099-1"),
    "another version of the charter": lambda a: setattr(a, "charter_version", a.charter_version + 1),
}

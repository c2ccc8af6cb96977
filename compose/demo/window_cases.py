"""Further cases at windows: a roster, a stolen identity, a person who asks until when bars apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compose.demo import window_forms as forms
from compose.demo.casting import Character
from compose.demo.promises import incomplete
from compose.demo.window_scene import (
    HANDLER,
    REEXAMINER,
    REVIEWER,
    WINDOW,
    Scene,
    Walk,
)
from compose.local.layout import NODES
from federation.client import Client
from federation.documents.bars import page
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, identity_pb2, query_pb2, record_pb2
from federation.values.clock import legal_day, parse_stamp

FOUND: Final = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再7号", issuer="某区人民法院"
)
NOT_THE_SAME: Final = document_pb2.Ground(
    rule="意见二（五）1 (R47)",
    says="登记的身份系他人冒用，犯罪记录已更正",
    remedy="以重新出具的文书为准，原文书不再使用",
)


def roster(walk: Walk, persons: Sequence[Character]) -> Scene:
    """Play a school that asks about all its staff: one review, one handling, one letter."""
    done = walk.walked("procuratorate", forms.roster(persons))
    return Scene(
        "12",
        "学校",
        "a school's yearly roster in one application: one with none, one barred, one with a sealed record only",
        "One review, one handling, a result for each person; the sealed one reads like the one with none (R37, R41).",
        done=done,
        documents=done.documents,
        extra={"results": [line.result for line in done.documents[0].roster]},
    )


def stolen(walk: Walk, victim: Character) -> Scene:
    """Play a conviction under another person's number: objection, split at every holder, certificate."""
    first = walk.walked("police", forms.own(victim))
    with walk.applications("police", WINDOW) as applications:
        objected = applications.object(first.application, "身份被冒用，指纹不符").application
    sentences = [_split(walk, facet, objected.number) for facet in _facets(walk, victim)]
    with walk.applications("police", REEXAMINER) as applications:
        judged = applications.review(objected, pb.APPLICATION_STEP_CORRECT, [NOT_THE_SAME])
    with walk.applications("police", HANDLER) as applications:
        closed = walk.handled(applications, judged.application)
        old = first.documents[0]
        answer = applications.check(old.number, old.code)
    sentences.append(f"{old.number} is superseded by {answer.superseded_by}")
    return Scene(
        "13",
        "被冒名者",
        "a certificate is refused for a conviction of somebody who used another's identity (冒名)",
        "Each holder splits its own record; the victim gets the certificate, and the history keeps why (R47).",
        done=closed,
        documents=closed.documents,
        sentences=sentences,
        extra={"superseded_by": answer.superseded_by, "splits": len(sentences) - 1},
    )


def bars(walk: Walk, person: Character) -> Scene:
    """Play a person who asks at the window until when each provision applies."""
    approved = walk.reviewed("justice", forms.own(person)).application
    with walk.applications("justice", HANDLER) as applications:
        answer = walk.patience.until(lambda: applications.bars(approved), incomplete, "asking again")
        done = walk.handled(applications, approved)
    on = legal_day(parse_stamp(answer.answered_at)).isoformat()
    text = page(person.name, on, answer.bars)
    return Scene(
        "14",
        "本人",
        "the person asks until when each provision applies",
        "Judged by the rules that answer schools and employers, on days to come; disclosed to the person alone (A22).",
        done=done,
        documents=done.documents,
        page=text.partition("\n不适用")[0],
        extra={"bars": len(answer.bars), "page": text},
    )


def _facets(walk: Walk, person: Character) -> list[query_pb2.FacetReference]:
    question = query_pb2.Query(
        purpose=query_pb2.PURPOSE_CASE, subject=forms.person_asked_about(person), case_number=forms.CASE
    )
    with Client.open(walk.description, "police", officer=REVIEWER) as client:
        answer = walk.patience.until(lambda: client.ask(question).answer, incomplete, "asking again")
    return [facet for conviction in answer.convictions for facet in conviction.facets]


def _split(walk: Walk, facet: query_pb2.FacetReference, objection: str) -> str:
    agency = next(agency for agency, node in NODES.items() if node == facet.node)
    split = identity_pb2.Split(
        record_id=facet.record_id,
        expected_version=facet.version,
        reason="指纹比对：非本人，被冒名",
        instrument=FOUND,
        application=objection if agency == "police" else "",
    )
    with Client.open(walk.description, agency, officer=REEXAMINER) as client:
        receipt = client.identities(facet.node).split(split)
    return (
        f"{facet.node}: record {receipt.record_id[:8]}… is an unknown person's now, version {receipt.version}"
    )

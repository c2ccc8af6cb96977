"""Answers about two persons, compared byte for byte but for what is drawn anew for each."""

from __future__ import annotations

import json
from typing import Any

from federation.evidence.answer_file import render
from federation.v1 import query_pb2 as pb
from tests.histories.facets import Person
from tests.support.asking import stripped

#: What is counted or drawn anew for each registration.
_NOBODYS = ("record_id", "version")


def comparable(person: Person, answer: pb.Answer, envelope: Any) -> object:
    """Return the answer as it must be equal for two persons, and its length."""
    text = json.dumps(_leveled(stripped(render(envelope))), ensure_ascii=False, sort_keys=True)
    text = text.replace(person.someone.number, "NUMBER").replace(person.name, "NAME")
    return json.loads(text), len(text), envelope.ByteSize()


def difference(one: Any, other: Any, where: str = "") -> str:
    """Return the first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((f for k in one if (f := difference(one[k], other[k], f"{where}.{k}"))), "")
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((f for i, (a, b) in pairs if (f := difference(a, b, f"{where}[{i}]"))), "")
    return "" if one == other else f"{where}: {one!r} != {other!r}"


def _leveled(document: Any) -> Any:
    """Versions and places in random order say nothing; everything else stays."""
    if isinstance(document, dict):
        return {k: "n" if k in _NOBODYS else _leveled(v) for k, v in document.items()}
    if isinstance(document, list):
        return sorted((_leveled(item) for item in document), key=lambda i: json.dumps(i, sort_keys=True))
    return document

"""JSON that was made to end a program, or to be read in two ways, is an ordinary fault of a file."""

from __future__ import annotations

from typing import Any

import pytest

from federation.documents import file
from federation.documents.document import DOCUMENT
from federation.errors import CharterUnusable, Corrupt
from federation.evidence.answer_file import render, verify
from federation.evidence.entry import read_body
from federation.evidence.export_check import verify_export
from federation.evidence.view import read_json
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope, Signature


def no_charter(moment: object) -> Any:
    raise CharterUnusable("no charter is pinned")


@pytest.mark.parametrize("depth", [70, 480, 900, 100_000])
def test_an_export_whose_entry_is_nested_deeply_is_a_finding(depth: int) -> None:
    body = '{"kind":' + "[" * depth + "]" * depth + "}"
    with pytest.raises(Corrupt):
        read_body(body.encode())
    line = '{"index":0,"salt":"' + "00" * 32 + '","body":"' + body.replace('"', '\\"') + '"}'
    assert not verify_export(['{"format":"hutong-log-v1"}', line], no_charter).holds


@pytest.mark.parametrize("depth", [70, 480, 900])
def test_an_answer_whose_view_is_nested_deeply_is_broken(world: Any, depth: int) -> None:
    document = render(world.sign(world.answer()))
    nested: Any = 1
    for _ in range(depth):
        nested = [nested]
    document["answer"]["terms"] = nested
    assert not verify(document, world.charter_at).holds


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_a_finding(number: str) -> None:
    with pytest.raises(Corrupt, match="not JSON"):
        read_json(f'{{"papers": [1, {number}]}}')


def test_in_a_document_true_is_not_one() -> None:
    document = document_pb2.Document(number="1", grounds=[document_pb2.Ground(rule="R38", papers=True)])
    payload = document.SerializeToString(deterministic=True)
    signature = Signature(keyid="k", sig=b"s")
    content = file.render(Envelope(payload_type=DOCUMENT, payload=payload, signatures=[signature]))
    content["document"]["grounds"][0]["papers"] = 1
    view = next(check for check in file.verify(content, no_charter).checks if check.name == "view")
    assert view.says == "document.grounds[0].papers is not what was signed"

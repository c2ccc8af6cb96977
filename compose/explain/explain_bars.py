"""The questions of `hutong explain bars`: convictions in, every row of the catalogue with its end out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict

from compose.explain.explain_bases import MOST_CONVICTIONS, conviction, day_of
from compose.explain.strict_json import Form
from federation.documents.bars import in_chinese, page
from federation.law.bases import Basis
from federation.law.relevance.bars import bars
from federation.v1 import bars_pb2, query_pb2
from gateway.asking.wording import bar as as_message


def explain_bars(value: object, rows: Mapping[str, Basis]) -> dict[str, Any]:
    """Return when each bar ends for convictions, as the record stands; raises `BadLine`."""
    form = Form(value, ("name", "on", "convictions"))
    on = day_of(form, "on")
    if on is None:
        form.refuse("on", "name the day of the question")
    given = form.given("convictions")
    items = [] if given == [] else form.items("convictions", MOST_CONVICTIONS)
    records = [conviction(item, f"convictions[{number}]") for number, item in enumerate(items)]
    told = bars(rows, [(query_pb2.MergedConviction(record=record), [record]) for record in records], on=on)
    shown = []
    for bar in map(as_message, told):
        said = MessageToDict(bar, preserving_proto_field_name=True)
        shown.append(said | {"reasons_zh": list(in_chinese(bar.reasons))} if bar.reasons else said)
    return {"name": form.text("name") if form.has("name") else "", "on": on.isoformat(), "bars": shown}


def text_of(explained: Mapping[str, Any]) -> str:
    """Return what `explain_bars` gave as the page for the person."""
    rows = [{name: said for name, said in row.items() if name != "reasons_zh"} for row in explained["bars"]]
    return page(
        explained["name"] or "本人", explained["on"], [ParseDict(row, bars_pb2.Bar()) for row in rows]
    )

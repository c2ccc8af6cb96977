"""The questions of `hutong explain bars`: convictions in, every row of the catalogue with its end out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from google.protobuf.json_format import MessageToDict, ParseDict
from pydantic import Field

from compose.explain.explain_bases import MOST_CONVICTIONS, Conviction, conviction
from compose.explain.question import Day, QuestionForm, Text, read
from federation.answers.wording import bar as as_message
from federation.documents.bars import in_chinese, page
from federation.law.bases import Basis
from federation.law.relevance.bars import bars
from federation.v1 import bars_pb2, query_pb2


class _Bars(QuestionForm):
    name: Text = ""
    on: Day
    convictions: Annotated[list[Conviction], Field(max_length=MOST_CONVICTIONS)]


def explain_bars(value: object, rows: Mapping[str, Basis]) -> dict[str, Any]:
    """Return when each bar from these convictions ends, on current facts; raises `BadLine`."""
    asked = read(_Bars, value)
    records = [conviction(each) for each in asked.convictions]
    found = bars(
        rows, [(query_pb2.MergedConviction(record=record), [record]) for record in records], on=asked.on
    )
    shown = []
    for bar in map(as_message, found):
        fields = MessageToDict(bar, preserving_proto_field_name=True)
        shown.append(fields | {"reasons_zh": list(in_chinese(bar.reasons))} if bar.reasons else fields)
    return {"name": asked.name, "on": asked.on.isoformat(), "bars": shown}


def text_of(explained: Mapping[str, Any]) -> str:
    """Return the result of `explain_bars` as the page for the person."""
    rows = [{name: value for name, value in row.items() if name != "reasons_zh"} for row in explained["bars"]]
    return page(
        explained["name"] or "本人", explained["on"], [ParseDict(row, bars_pb2.Bar()) for row in rows]
    )

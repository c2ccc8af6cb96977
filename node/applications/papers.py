"""The papers that an application needs, from the table `papers.toml`; missing ones are named with their remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import federation
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.enum_names import enum_name, parse
from federation.values.names import normalise_name

PAPERS: Final = Path(federation.__file__).parent / "data" / "papers.toml"
_WHEN = ("", "agent", "residence", "frequent", "single", "roster", "notarisation")


@dataclass(frozen=True, slots=True)
class Need:
    """One row of the table."""

    kinds: frozenset[str]
    when: str
    any_of: frozenset[int]
    client: bool
    case: bool
    ground: document_pb2.Ground


@cache
def load_needs(path: Path = PAPERS) -> tuple[Need, ...]:
    """Return the rows; raises `ValueError` or `InvalidRequest` naming an unknown term."""
    kinds = frozenset(enum_name(pb.ApplicationKind.DESCRIPTOR, k) for k in pb.ApplicationKind.values() if k)
    needs = []
    for row in tomllib.loads(path.read_text("utf-8"))["paper"]:
        if not frozenset(row["kinds"]) <= kinds or row.get("when", "") not in _WHEN:
            raise ValueError(f"{path.name}: unknown kind or circumstance in {row}")
        needs.append(
            Need(
                kinds=frozenset(row["kinds"]),
                when=row.get("when", ""),
                any_of=frozenset(
                    parse(pb.PaperKind.DESCRIPTOR, paper, field="any_of") for paper in row["any_of"]
                ),
                client=row.get("client", False),
                case=row.get("case", False),
                ground=document_pb2.Ground(
                    rule=row["rule"], says=row["says"], remedy=row["remedy"], papers=True
                ),
            )
        )
    return tuple(needs)


def missing(
    submission: pb.Submission,
    papers: Sequence[pb.Paper],
    *,
    circumstances: frozenset[str],
    needs: Sequence[Need],
) -> Iterator[document_pb2.Ground]:
    """Yield a ground for each paper missing in `papers`; `circumstances` are those that `when` names."""
    kind = enum_name(pb.ApplicationKind.DESCRIPTOR, submission.kind)
    for need in needs:
        if kind not in need.kinds or (need.when and need.when not in circumstances):
            continue
        if not any(_meets(paper, need, submission) for paper in papers):
            yield need.ground


def _meets(paper: pb.Paper, need: Need, submission: pb.Submission) -> bool:
    if paper.kind not in need.any_of:
        return False
    if need.client and not _same_name(paper.names, submission.subject.name):
        return False
    return not need.case or (bool(submission.case_number) and paper.case_number == submission.case_number)


def _same_name(one: str, other: str) -> bool:
    try:
        return normalise_name(one) == normalise_name(other)
    except ValueError:
        return False

"""Leave out of answers what a question may not be shown of a record that it may know of.

Additions to records go to the purposes that the charter declares for them (R22, R53); what may name another offender
who is sealed goes to sealed access alone (R41).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from federation.record.apart import told_cases
from federation.record.classes import CRIMINAL
from federation.record.extensions import Declarations
from federation.record.others import may_name_others
from federation.statements.asking import CheckedQuestion
from federation.v1 import record_pb2
from federation.values.enum_names import purpose_name
from node.asking.lookup import Found
from node.register.sealed_others import SealedOthers


def minimised(
    asked: Sequence[CheckedQuestion],
    found: Sequence[Found],
    others: SealedOthers,
    extensions: Declarations,
) -> Sequence[Found]:
    """Return what was found on each question, without what it may not be shown; raises `Corrupt`."""
    ordinary: list[record_pb2.Facet] = []
    judgments: list[list[bytes]] = []
    for question, each in zip(asked, found, strict=True):
        purpose = purpose_name(question.query.purpose)
        for facet in each.facets:
            _leave_out(facet.record, purpose, extensions)
        if CRIMINAL not in question.reach.sealed:
            ordinary += each.facets
            judgments.append(_judgments(each.facets, extensions))
        else:
            judgments.append([])
    others.hide(ordinary, extensions)
    return [
        replace(each, persons=[*each.persons, *its]) if its else each
        for each, its in zip(found, judgments, strict=True)
    ]


def _judgments(facets: Sequence[record_pb2.Facet], extensions: Declarations) -> list[bytes]:
    """Return the digests of the judgments of which a text may tell: a seal of another offender may be on its way."""
    told = (told_cases(facet.record) for facet in facets if may_name_others(facet, extensions))
    return list(dict.fromkeys(digest for digests in told for digest in digests))


def _leave_out(record: record_pb2.Record, purpose: str, extensions: Declarations) -> None:
    for name in [name for name in record.extensions if not extensions.shown(name, purpose)]:
        del record.extensions[name]

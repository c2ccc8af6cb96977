"""Leave out of answers what a question may not be shown of a record that it may know of.

Additions to records go to the purposes that the charter declares for them (R22, R53); what may name another offender
who is sealed goes to sealed access alone (R41).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from federation.record.apart import told_cases, with_its_paper
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
    """Return what was found on each question, without what it may not be shown; raises `Corrupt`.

    Which judgments its texts speak of is read from the whole record: an addition that is not shown may name another
    trial.
    """
    naming: list[tuple[record_pb2.Facet, Mapping[str, str]]] = []
    named: list[dict[str, list[bytes]]] = []
    for question, each in zip(asked, found, strict=True):
        purpose, its = purpose_name(question.query.purpose), dict[str, list[bytes]]()
        for facet in each.facets:
            hidden = _leave_out(facet.record, purpose, extensions)
            if CRIMINAL not in question.reach.sealed and may_name_others(facet, extensions):
                facet.record.extensions.update(hidden)
                naming.append((facet, hidden))
                its[facet.record_id] = told_cases(with_its_paper(facet.record, facet.provenance))
        named.append(its)
    others.hide([facet for facet, _ in naming], extensions)
    for facet, hidden in naming:
        for name in hidden.keys() & {*facet.record.extensions}:
            del facet.record.extensions[name]
    # A seal of another offender of these judgments may be on its way.
    return [
        replace(each, persons=[*each.persons, *_once(its)], text_judgments=its) if its else each
        for each, its in zip(found, named, strict=True)
    ]


def _once(named: Mapping[str, Sequence[bytes]]) -> list[bytes]:
    return list(dict.fromkeys(digest for digests in named.values() for digest in digests))


def _leave_out(record: record_pb2.Record, purpose: str, extensions: Declarations) -> Mapping[str, str]:
    """Leave out of a record the additions that the purpose is not shown; return them."""
    hidden = {n: text for n, text in record.extensions.items() if not extensions.shown(n, purpose)}
    for name in hidden:
        del record.extensions[name]
    return hidden

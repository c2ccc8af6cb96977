"""Leave out of answers what the charter does not show to a question's purpose: additions to records (R22, R53)."""

from __future__ import annotations

from collections.abc import Sequence

from federation.record.extensions import Declarations
from federation.statements.asking import CheckedQuestion
from federation.v1 import record_pb2
from federation.values.enum_names import purpose_name
from node.asking.lookup import Found


def minimised(
    asked: Sequence[CheckedQuestion], found: Sequence[Found], extensions: Declarations
) -> Sequence[Found]:
    """Return what was found on each question, without what its purpose may not be shown."""
    for question, each in zip(asked, found, strict=True):
        purpose = purpose_name(question.query.purpose)
        for facet in each.facets:
            _leave_out(facet.record, purpose, extensions)
    return found


def _leave_out(record: record_pb2.Record, purpose: str, extensions: Declarations) -> None:
    for name in [name for name in record.extensions if not extensions.shown(name, purpose)]:
        del record.extensions[name]

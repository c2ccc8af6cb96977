"""What of a record may name another person: the free texts of those who wrote it (R41).

Once another offender of the same judgment is sealed, these texts are for sealed access alone (2022 Measures art. 5:
未成年人与成年人共同犯罪, the mark and everything that tells of the sealed offender). What is left does not show that
anything was left out.
"""

from __future__ import annotations

from typing import Final

from federation.errors import InvalidRequest
from federation.record.extensions import Declarations
from federation.record.hidden_orders import AS_JUDGED, hidden, orders_as_sent
from federation.v1 import identity_pb2, registry_pb2
from federation.v1 import record_pb2 as pb
from federation.values.case_number import parse as parse_case_number

#: Shown in the place of a reason that officers wrote in their own words: one that many write (correction).
REASON: Final = "更正"


def may_name_others(facet: pb.Facet, extensions: Declarations) -> bool:
    """Return whether a record, as one holder has it, has a text that may name another person."""
    instruments = (facet.record.instrument, facet.provenance.instrument)
    return (
        any(map(extensions.may_name_others, facet.record.extensions))
        or any(_free(each, facet.record) for each in instruments)
        or any(hidden(each) for each in facet.record.prohibitions)
    )


def without_others(record: pb.Record, extensions: Declarations) -> None:
    """Leave out of `record` what may name another person."""
    for name in [name for name in record.extensions if extensions.may_name_others(name)]:
        del record.extensions[name]
    for prohibition in record.prohibitions:
        if hidden(prohibition):
            prohibition.scope = AS_JUDGED
    _number_alone(record.instrument, record)


def facet_without_others(facet: pb.Facet, extensions: Declarations) -> None:
    """Leave out of `facet` what may name another person."""
    _number_alone(facet.provenance.instrument, facet.record)
    without_others(facet.record, extensions)


def event_without_others(event: registry_pb2.RecordEvent, extensions: Declarations) -> None:
    """Leave out of a version of a record, and of what is said about it, what may name another person."""
    for provenance in ("provenance", "content_provenance"):
        if event.HasField(provenance):
            _number_alone(getattr(event, provenance).instrument, event.record)
    if event.HasField("order"):
        _number_alone(event.order.instrument, event.record)
        event.order.ClearField("objected_because")
    if event.reason:
        event.reason = REASON
    without_others(event.record, extensions)


def act_without_others(
    event: identity_pb2.MergeEvent | identity_pb2.DistinctionEvent, record: pb.Record
) -> None:
    """Leave out of a step of a merge or a distinction, which concerns `record`, what may name another person."""
    _number_alone(event.instrument, record)
    if event.reason:
        event.reason = REASON


def carry_over(before: pb.Record, after: pb.Record, extensions: Declarations) -> None:
    """Give `after` the texts of `before` that its writer was not shown, unless `after` has its own.

    The title of the paper is one: it may be what links the record to the trial of whom the other texts name.
    Raises `InvalidRequest` where it is undetermined which of several orders has which text.
    """
    shown = pb.Instrument()
    shown.CopyFrom(before.instrument)
    _number_alone(shown, before)
    if after.instrument == shown:
        after.instrument.CopyFrom(before.instrument)
    for name, value in before.extensions.items():
        if extensions.may_name_others(name) and name not in after.extensions:
            after.extensions[name] = value
    for known, kept in orders_as_sent(before.prohibitions, after.prohibitions):
        kept.scope = known.scope


def _number_alone(instrument: pb.Instrument, record: pb.Record) -> None:
    """Let a document be named by its number, or else by the judgment's: its title names the parties."""
    if _free(instrument, record):
        instrument.reference = record.judgment_number.original


def _free(instrument: pb.Instrument, record: pb.Record) -> bool:
    """Return whether a document is named otherwise than by a number."""
    if instrument.reference in ("", record.judgment_number.original):
        return False
    try:
        parse_case_number(instrument.reference)
    except InvalidRequest:
        return True
    return False

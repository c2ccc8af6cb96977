"""What of a notice that waits may name another person than the offender it is about (R41)."""

from __future__ import annotations

from contextlib import suppress

from federation.errors import InvalidRequest
from federation.notices.requests import awaits_reply
from federation.record.extensions import Declarations
from federation.record.others import REASON, without_others
from federation.record.validate import canonical_number
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2


def judged(notice: pb.Notice) -> record_pb2.Record:
    """Return person and judgment of a notice as a record has them, with the number in canonical form.

    Its texts are there too, whatever they are called: they may name the judgment of an offender who was tried apart.
    """
    has_record = notice.HasField("record")
    number = notice.record.judgment_number if has_record else notice.judgment.number
    court = notice.record.court if has_record else notice.judgment.court
    made = record_pb2.Record(person=notice.record.person if has_record else notice.person, court=court)
    if has_record:
        made.extensions.update(notice.record.extensions)
        made.instrument.reference = notice.record.instrument.reference
        made.prohibitions.extend(notice.record.prohibitions)
    texts = (notice.reason, *(document.title for document in notice.documents))
    made.extensions.update({f"text {number}": text for number, text in enumerate(texts)})
    with suppress(InvalidRequest):  # a number that cannot be read is that of no record
        made.judgment_number.canonical = canonical_number(number)
    return made


def notice_without_others(notice: pb.Notice, extensions: Declarations) -> None:
    """Leave out of `notice` what may name another person.

    The reason of what an officer replies to stays: it is what the officer decides on.
    """
    if notice.HasField("record"):
        without_others(notice.record, extensions)
    for document in notice.documents:
        document.ClearField("title")
    if notice.reason and not awaits_reply(notice):
        notice.reason = REASON

"""The notice of sealing (犯罪记录封存通知书), served on the person; only it mentions the exemption from reporting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.documents import sealing_notice
from federation.documents.document import sign
from federation.errors import FieldViolation, InvalidRequest, NotFound
from federation.law.sealing import Status
from federation.record.facts import decide_alone, seals_alone
from federation.record.texts import text_violations
from federation.v1 import document_pb2, query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from federation.values.identity import NodeName
from node.register.acts import Register, insist_reason, parse_id
from node.sealing.looking import account_look
from node.store.reading import Reader, StoredRecord
from server.opening import Act

_REMEDY: Final = (
    "认为应当封存的记录未被封存、封存有误或者被泄露的，可以向本机关提出，也可以向人民检察院申请监督。"
)
_KEEP: Final = "本通知书供本人留存；任何单位和个人不得要求出示。"
_MOST_NAME: Final = 60


class SealNotices:
    """Makes notices of sealing; only the log entry that one was made is kept."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        node: NodeName,
        charter: Callable[[], Charter],
        signer: Signer,
        insist_sound: Callable[[], None],
    ) -> None:
        """`insist_sound` raises while the store may be an older one, in which the record is not as it is now."""
        self._register = register
        self._reader = reader
        self._node = node
        self._charter = charter
        self._signer = signer
        self._insist_sound = insist_sound

    def serve(self, asked: sealing_pb2.NoticeOfSealing, act: Act) -> Envelope:
        """Return the signed notice about a record sealed here; raises `NotFound` for any other, and `Unavailable`.

        Making it is an access to sealed records, with its reason (R44). It is checked by its signature: no list of
        notices is kept, for it would list sealed persons.
        """
        record_id = parse_id(asked.record_id)
        insist_reason(asked.reason)
        violations = list(_violations(asked))
        if violations:
            raise InvalidRequest(violations)
        self._insist_sound()
        at = self._register.now()
        stored = self._reader.show(record_id)
        sealed = stored is not None and self._register.stands(stored.event, at) is Status.SEALED
        notice = self._notice(asked, stored) if stored is not None and sealed else None
        digest = hashlib.sha256(notice.payload).hexdigest() if notice else ""
        account_look(
            self._register,
            act,
            at,
            purpose="notice",
            record=asked.record_id,
            reason=asked.reason,
            digest=digest,
        )
        if notice is None:
            raise NotFound("no record of that id is sealed here: only what is sealed has a notice")
        return notice

    def _notice(self, asked: sealing_pb2.NoticeOfSealing, stored: StoredRecord) -> Envelope:
        at, charter, record = self._register.now(), self._charter(), stored.event.record
        installation = self._signer.installation
        number = f"{self._node}-S-{stored.record_id.hex()[:12]}-{stored.event.version:02d}"
        served_on = f"{asked.served_on}（{asked.capacity}）" if asked.capacity else asked.served_on
        made = document_pb2.Document(
            federation=charter.federation,
            number=number,
            kind=document_pb2.DOCUMENT_KIND_SEALING_NOTICE,
            issuer=charter.members[installation.member].title,
            installation=str(installation),
            issued_at=stamp(at),
            issued_on=legal_day(at).isoformat(),
            issued_to=query_pb2.Beneficiary(organ_class="person", name=served_on),
            subject=query_pb2.Subject(
                identifiers=record.person.identifiers[:1],
                name=record.person.names[0].text if record.person.names else "",
                birth_date=record.person.birth_date,
            ),
            convictions=[_extract(record)],
            classes_searched=[record.record_class],
            grounds=self._grounds(stored.event, legal_day(at)),
            terms=[_KEEP],
            remedies=[_REMEDY],
        )
        return sign(made, self._signer)

    def _grounds(self, event: registry_pb2.RecordEvent, on: date) -> list[document_pb2.Ground]:
        """Return the rules that seal the record, and the instrument of an order where its facts do not seal it.

        An order on facts that leave a doubt about age decides that the minors' rule applies; where they leave none, the
        order is all there is.
        """
        decided = decide_alone(event.record, self._register.profile_on(on), on)
        rules = [] if decided.status is Status.OPEN else sorted(seals_alone(event.record, on))
        grounds = [document_pb2.Ground(rule=rule) for rule in rules]
        if decided.status is not Status.SEALED:
            by = event.order.instrument
            says = f"{by.issuer}{by.reference}" or "本机关的决定"
            grounds.append(document_pb2.Ground(rule=sealing_notice.ORDER, says=says))
        return grounds


def _extract(record: record_pb2.Record) -> document_pb2.ConvictionExtract:
    """Return what names the judgment, or for another class of record the decision."""
    made = record.decision
    return document_pb2.ConvictionExtract(
        court=record.court.name or made.organ,
        judgment_number=record.judgment_number.original or made.number,
        final_on=record.final_on or made.decided_on,
    )


def _violations(asked: sealing_pb2.NoticeOfSealing) -> Iterator[FieldViolation]:
    yield from text_violations("served_on", asked.served_on, limit=_MOST_NAME)
    yield from text_violations("capacity", asked.capacity, limit=_MOST_NAME)
    if not asked.served_on.strip():
        yield FieldViolation("served_on", "2022 Measures art. 11 [M]", "name on whom the notice is served")

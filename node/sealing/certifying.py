"""The certificate of sealing (封存证明): every node's signed statement that a seal made here is in force there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import HutongError, InvalidRequest, NotFound, OutOfOrder
from federation.evidence.entry import EntryKind
from federation.law.readings import not_sealed_yet
from federation.law.sealing import Status
from federation.record.facts import moments_of
from federation.statements.seals import CERTIFICATE, MOST_PER_PAGE, key_of, open_acknowledgement, sign
from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from federation.values.enum_names import record_class_name
from federation.values.terms import RecordClass
from node.register.acts import Register, insist_reason, parse_id
from node.register.decision import decision_on
from node.sealing import proposal_store, spreading_store
from node.sealing.acknowledgement_store import ReceivedAcknowledgement, ReceivedAcknowledgementStore
from node.sealing.looking import account_look
from node.sealing.objections import OBJECTED
from node.store.reading import Reader, StoredRecord
from server.journal.work import Work
from server.opening import Act

IN_FORCE = sealing_pb2.SEALING_STANCE_IN_FORCE
REFUSED = sealing_pb2.SEALING_STANCE_REFUSED


class SealCertifier:
    """Keeps acknowledgements as they come in, and makes certificates of them."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        charter: Callable[[], Charter],
        signer: Signer,
        insist_sound: Callable[[], None],
    ) -> None:
        """`insist_sound` raises while the store may be an older one, in which the record is not as it is now."""
        self._register = register
        self._reader = reader
        self._charter = charter
        self._signer = signer
        self._insist_sound = insist_sound
        self._me = str(signer.installation)
        self._store = ReceivedAcknowledgementStore(vault=register.sealer.acknowledgement_vault)

    def acknowledged(self, page: sealing_pb2.AcknowledgementPage, act: Act) -> None:
        """Keep other nodes' answers to proposals of this node; invalid answers are left out and counted."""
        if len(page.acknowledgements) > MOST_PER_PAGE:
            raise InvalidRequest.of("acknowledgements", "SIZE", f"at most {MOST_PER_PAGE} on a page")
        first = True
        for piece in self._register.journal.giving_way.pieces(page.acknowledgements, rests=False):
            self._keep(piece, act, first=first)
            first = False

    def _keep(self, acknowledgements: Sequence[Envelope], act: Act, *, first: bool) -> None:
        at, charter = self._register.now(), self._charter()
        answers = [a for e in acknowledgements if (a := self._read(e, charter, at)) is not None]
        locked = [self._store.lock(answer) for answer in answers]

        def command(work: Work) -> None:
            if first:
                act.insist_first(work)
            mine = proposal_store.known(work.view, [a.key for a in answers])
            known = [a for a in answers if a.key in mine]
            self._store.keep(work, [each for each in locked if each.answer.key in mine])
            spreading_store.acknowledged(work, {(a.key, a.body.node) for a in known})
            objected = [a.body for a in known if a.body.stance == OBJECTED]
            work.log.defer(
                EntryKind.ACKNOWLEDGED,
                at=stamp(at),
                once=act.once if first else None,
                by=str(act.installation),
                nodes=sorted({a.body.node for a in known}),
                acknowledged=len(known),
                objected=len(objected),
                left_out=len(acknowledgements) - len(known),
            )
            for body in objected:
                work.log.defer(
                    EntryKind.INCIDENT,
                    at=stamp(at),
                    what="sealing-objection",
                    proposal=body.proposal_id,
                    node=body.node,
                )

        self._register.journal.run(command, yields=True)

    def certify(self, query: sealing_pb2.CertificateQuery, act: Act) -> Envelope:
        """Return the signed certificate of a record sealed here; raises `NotFound` for any other, and `Unavailable`.

        Looking at it is an access to sealed records, with its reason (R44).
        """
        record_id = parse_id(query.record_id)
        insist_reason(query.reason)
        self._insist_sound()
        at, charter = self._register.now(), self._charter()
        account_look(
            self._register, act, at, purpose="certificate", record=query.record_id, reason=query.reason
        )
        stored = self._reader.show(record_id)
        if stored is None or self._register.stands(stored.event, at) is not Status.SEALED:
            raise NotFound("no record of that id is sealed here: only what is sealed has a certificate")
        if record_class_name(stored.event.record.record_class) == RecordClass.PUBLIC_ORDER:
            sealed_from = charter.readings.public_order_sealed_from
            waits = not_sealed_yet(sealed_from, moments_of(stored.event.record), legal_day(at))
            if waits:
                raise OutOfOrder(f"no certificate of its sealing yet: {waits}")
        return sign(CERTIFICATE, self._certificate(stored, charter, at), self._signer)

    def _certificate(
        self, stored: StoredRecord, charter: Charter, at: datetime
    ) -> sealing_pb2.SealingCertificate:
        day = legal_day(at)
        decision = decision_on(stored.event, self._register.profile_on(day), day)
        made = sealing_pb2.SealingCertificate(
            federation=charter.federation,
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            installation=self._me,
            certified_at=stamp(at),
            rule=decision.rule,
            clause=decision.clause,
        )
        nodes = [str(node.name) for node in charter.nodes]
        agreed: set[str] = set()
        with self._register.journal.reading() as view:
            for proposal in proposal_store.in_force(view, stored.record_id):
                answers = list(self._store.of(view, proposal.key))
                agreed = _agreed(answers)
                made.proposals.add(
                    proposal_id=proposal.proposal_id,
                    proposed_at=proposal.proposed_at,
                    acknowledgements=[a.envelope for a in answers],
                    awaited=[node for node in nodes if node not in agreed],
                )
        made.complete = agreed >= set(nodes)
        return made

    def _read(self, envelope: Envelope, charter: Charter, at: datetime) -> ReceivedAcknowledgement | None:
        try:
            body = open_acknowledgement(envelope, charter, now=at)
        except HutongError:
            return None
        if body.proposer != self._me:
            return None
        return ReceivedAcknowledgement(key_of(self._me, body.proposal_id), body, envelope, stamp(at))


def _agreed(answers: Sequence[ReceivedAcknowledgement]) -> set[str]:
    """Return the nodes where the seal is in force, without those that refused it later, as after an unsealing."""
    refused = {a.body.node: a.body.at for a in answers if a.body.stance == REFUSED}
    in_force = [a.body for a in answers if a.body.stance == IN_FORCE]
    return {body.node for body in in_force if body.at >= refused.get(body.node, "")}

"""The end of `hutong demo --walk intake`: a correction between agencies, and recalls to all who received the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from compose.demo.intake_promises import check_correction
from compose.demo.intake_scenes import CorrectionScene
from compose.demo.patience import Patience, insist, promised
from compose.demo.promises import incomplete
from compose.local.layout import NODES, Layout
from federation.client import CheckedAnswer, Client
from federation.notices.requests import is_request
from federation.v1 import correction_pb2, query_pb2, recall_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.v1 import notice_pb2 as pb
from federation.values import clock

_OFFICERS = {"procuratorate": "检察官戊", "police": "登记员丁", "court": "法官己", "interconnect": "值班员"}
_T = TypeVar("_T")


class Corrections:
    """Plays the scenes on a federation to which the judgments of three persons have been notified."""

    def __init__(
        self, home: Path, disclosed: list[record_pb2.Record], patience: Patience | None = None
    ) -> None:
        self._description = Layout(home.resolve()).description
        self._disclosed = disclosed
        self._patience = patience or Patience()

    def play(self) -> Iterator[CorrectionScene]:
        """Yield each scene as it is played; raises `NotShown` for one that does not keep its promise."""
        with promised("i"):
            answers = [self._ask("court", record) for record in self._disclosed]
            facet = _police(answers[0])
            right = _day_before(answers[0].answer.convictions[0].record.pronounced_on)
            digest = self._request(facet, right)

        def recalled() -> CorrectionScene:
            self._withdrawn(answers[1])
            self._sealed(answers[2])
            return self._recalled(answers)

        scenes: Mapping[str, Callable[[], CorrectionScene]] = {
            "i": lambda: self._requested(digest),
            "j": lambda: self._replied(facet, digest, right),
            "k": self._differing,
            "l": recalled,
            "m": lambda: self._acknowledged(answers),
        }
        for id, play in scenes.items():
            with promised(id):
                scene = play()
                check_correction(scene)
            yield scene

    def _client(self, member: str) -> Client:
        return Client.open(self._description, member, officer=_OFFICERS.get(member, "经办人庚"))

    def _ask(self, member: str, record: record_pb2.Record) -> CheckedAnswer:
        number = record.person.identifiers[0].number
        subject = query_pb2.Subject(name=record.person.names[0].text, birth_date=record.person.birth_date)
        subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=number)
        query = query_pb2.Query(
            purpose=query_pb2.PURPOSE_CASE, subject=subject, case_number="（2026）京0105刑初99号"
        )
        with self._client(member) as client:
            return self._patience.until(
                lambda: client.ask(query), lambda found: incomplete(found.answer), "asking again"
            )

    def _request(self, facet: query_pb2.FacetReference, right: str) -> bytes:
        notice = pb.Notice(
            kind=pb.NOTICE_KIND_CORRECTION_REQUEST,
            occurred_on=clock.legal_day(clock.now()).isoformat(),
            reason="判决书原件所载宣判日期不同",
            correction=correction_pb2.CorrectionRequest(
                node=facet.node,
                record_id=facet.record_id,
                version=facet.version,
                field="pronounced_on",
                believed=right,
            ),
        )
        with self._client("procuratorate") as client:
            return client.notices.submit([notice])[0].notice

    def _requested(self, digest: bytes) -> CorrectionScene:
        with self._client("police") as police:
            waiting = self._until(
                lambda: [w for w in police.notices.waiting("police-1") if w.digest == digest],
                "following the request",
            )
        return CorrectionScene(
            "i",
            "the procuratorate asks police to correct a date",
            "Only the owner corrects; others ask with reasons, and a reply is due (R58, R47).",
            waiting=waiting,
        )

    def _replied(self, facet: query_pb2.FacetReference, digest: bytes, right: str) -> CorrectionScene:
        with self._client("police") as police:
            record = police.register.show("police-1", facet.record_id).record
            record.pronounced_on = right
            police.register.amend(
                "police-1",
                registry_pb2.Amendment(
                    record_id=facet.record_id,
                    expected_version=facet.version,
                    record=record,
                    reason="核对判决书原件",
                ),
            )
            decision = pb.Decision(notice=digest, kind=pb.DECISION_KIND_APPLY, reason="已按判决书原件更正")
            police.notices.decide("police-1", decision)
        with self._client("procuratorate") as client:
            asked = self._until(
                lambda: [t for t in client.notices.track([digest]) if any(r.decided_by for _, r in t.stages)],
                "following the reply",
            )
        return CorrectionScene(
            "j",
            "police amend the record and reply",
            "The reply is signed and names the version that corrected it; every version stays (R2).",
            asked=asked,
        )

    def _differing(self) -> CorrectionScene:
        self._ask("court", self._disclosed[0])
        waiting = []
        for agency in ("procuratorate", "justice"):
            with self._client(agency) as client:
                waiting += self._until(
                    partial(_requests, client, NODES[agency]),
                    f"requests to {NODES[agency]}",
                )
        return CorrectionScene(
            "k",
            "a court asks; the other agencies still hold the old date",
            "What merging finds to differ is notified to each owner, once, without any content (R58).",
            waiting=waiting,
        )

    def _withdrawn(self, answered: CheckedAnswer) -> None:
        """The police withdraw their record of the second person."""
        facet = _police(answered)
        with self._client("police") as police:
            withdrawal = registry_pb2.Withdrawal(
                record_id=facet.record_id, expected_version=facet.version, reason="误录"
            )
            police.register.withdraw("police-1", withdrawal)

    def _sealed(self, answered: CheckedAnswer) -> None:
        """A court orders the third person's record to be sealed."""
        facet = _police(answered)
        order = sealing_pb2.Sealing(
            record_id=facet.record_id, expected_version=facet.version, reason="依法院封存通知"
        )
        order.instrument.kind = record_pb2.INSTRUMENT_KIND_NOTICE
        order.instrument.reference, order.instrument.issuer = "封存通知书1号", "北京市朝阳区人民法院"
        order.instrument.issued_on = clock.legal_day(clock.now()).isoformat()
        with self._client("police") as police:
            police.seals.seal("police-1", order)

    def _recalled(self, answers: list[CheckedAnswer]) -> CorrectionScene:
        recalls = self._court_recalls(answers)
        return CorrectionScene(
            "l",
            "the court, to which all three were disclosed, gets its recalls",
            "One was corrected, one withdrawn, one sealed: the recalls read alike, and say only to ask again (R45).",
            recalls=recalls,
        )

    def _acknowledged(self, answers: list[CheckedAnswer]) -> CorrectionScene:
        wanted = [recall.recall_id for recall in self._court_recalls(answers)]
        with self._client("court") as court:
            court.recalls.acknowledge(wanted, "已销毁")
        with self._client("police") as police:
            caused = [t for t in police.recalls.caused() if t.recall_id in wanted]
        return CorrectionScene(
            "m",
            "the court acknowledges, and the owner sees the receipts",
            "Who has not acknowledged by the day stands on the overdue list: hutong recalls overdue (R47).",
            caused=caused,
        )

    def _court_recalls(self, answers: list[CheckedAnswer]) -> list[recall_pb2.Recall]:
        requests = {answered.request_digest for answered in answers}
        with self._client("court") as court:
            return self._until(
                lambda: [r for r in court.recalls.received() if r.request_digest in requests],
                "recalls to the court",
                least=len(requests),
            )

    def _until(self, found: Callable[[], list[_T]], what: str, *, least: int = 1) -> list[_T]:
        """Return the result of `found` once it has at least `least` items."""
        return self._patience.until(
            found,
            lambda there: "" if len(there) >= least else f"{len(there)} of {least}",
            what,
            moving=True,
        )


def _requests(client: Client, node: str) -> list[pb.WaitingNotice]:
    """Return the requests to correct a record that wait at a node."""
    return [waiting for waiting in client.notices.waiting(node) if is_request(waiting.notice)]


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _police(answered: CheckedAnswer) -> query_pb2.FacetReference:
    """Return the facet of the police; raises `Unkept` where they are not shown to hold the record."""
    facets = [
        facet for c in answered.answer.convictions for facet in c.facets if facet.node == NODES["police"]
    ]
    insist(facets, "the police are not shown to hold the record")
    return facets[0]

"""`hutong demo --walk intake`: judgment, release, completed correction, a misdirected notice, a correction, recalls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from compose.demo.corrections import Corrections
from compose.demo.intake_promises import check_notice, under_way
from compose.demo.intake_scenes import NoticeScene
from compose.demo.notices import case_notices
from compose.demo.outcomes import Row
from compose.demo.patience import Patience, insist, promised
from compose.demo.promises import incomplete
from compose.demo.synthesis import case_of
from compose.local import local
from compose.local.layout import Layout
from compose.shared.printing import Console
from federation.client import Client
from federation.errors import InvalidRequest
from federation.notices.receipts import Tracked
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2
from federation.values import clock
from federation.values.identifiers import check_character

STOPPED = "police-1"
_OFFICERS = {"court": "书记员甲", "prison": "狱警乙", "county_justice": "司法员丙", "police": "登记员丁"}


class Intake:
    """Plays the walk on one federation."""

    def __init__(self, home: Path, rows: Sequence[Row], seed: int, patience: Patience | None = None) -> None:
        self._home = home
        self._description = Layout(home.resolve()).description
        self._patience = patience or Patience()
        self._served = _first(rows, seed, "prison")
        self._suspended = _first(rows, seed, "county_justice")
        self._astray = _first(rows, seed + 1, "prison")
        self._offline = _first(rows, seed + 2, "prison")

    def play(self) -> Iterator[NoticeScene]:
        """Yield each scene as it is played; raises `NotShown` for one that does not keep its promise."""
        scenes: Mapping[str, Callable[[], NoticeScene]] = {
            "a": self._judged,
            "b": self._refused,
            "c": self._released,
            "d": self._completed,
            "e": self._wrong_sender,
            "f": self._officer_decides,
            "g": self._node_down,
            "h": self._asked,
        }
        for id, play in scenes.items():
            with promised(id):
                scene = play()
                check_notice(scene)
            yield scene

    def _judged(self) -> NoticeScene:
        return self._sent(
            "a",
            "a court notifies an effective judgment (N1)",
            self._served[0],
            "Police register it, procuratorate and justice hold their facets; each signs for it (R23, R30).",
        )

    def _released(self) -> NoticeScene:
        return self._sent(
            "c",
            "the prison notifies the release (N3)",
            self._served[1],
            "Found by person and judgment number: field 8 has a new event, as version 2 (R26, R31).",
        )

    def _completed(self) -> NoticeScene:
        self._send(*self._suspended[0])
        return self._sent(
            "d",
            "the county justice bureau notifies a completed correction (N4)",
            self._suspended[1],
            "From the county bureau only; the sender class is checked at the gateway and again at nodes (R27, R29).",
        )

    def disclosed(self) -> list[record_pb2.Record]:
        """Return the judgments that were notified: of three persons."""
        return [notices[0][1].record for notices in (self._served, self._suspended, self._offline)]

    def _client(self, member: str) -> Client:
        return Client.open(self._description, member, officer=_OFFICERS[member])

    def _send(self, sender: str, notice: pb.Notice) -> tuple[list[pb.NoticeReceipt], list[Tracked]]:
        with self._client(sender) as client:
            receipts = client.notices.submit([notice])
            if receipts[0].stage == pb.NOTICE_STAGE_REFUSED:
                return receipts, []
            return receipts, self._settled(client, receipts[0].notice)

    def _sent(self, id: str, title: str, notice: tuple[str, pb.Notice], shows: str) -> NoticeScene:
        receipts, tracked = self._send(*notice)
        return NoticeScene(id, title, shows, receipts, tracked)

    def _refused(self) -> NoticeScene:
        notice = pb.Notice()
        notice.CopyFrom(self._astray[0][1])
        notice.record.ClearField("execution")
        notice.record.unknowns.add(field="execution", reason=record_pb2.UNKNOWN_REASON_NOT_YET_OCCURRED)
        today = clock.legal_day(clock.now())
        notice.record.pronounced_on = notice.record.instrument.issued_on = today.isoformat()
        notice.record.served_on = notice.record.final_on = today.isoformat()
        receipts, _ = self._send("court", notice)
        return NoticeScene(
            "b",
            "a court notifies a judgment served today",
            "Not effective before the appeal period has run: refused with the day (R23, A5).",
            receipts,
        )

    def _wrong_sender(self) -> NoticeScene:
        notice = pb.Notice(local_title="释放通知")
        notice.MergeFrom(self._served[1][1])
        receipts, _ = self._send("court", notice)
        return NoticeScene("e", "a court sends a release", "Every kind has its sender class (R29).", receipts)

    def _officer_decides(self) -> NoticeScene:
        self._send(*self._astray[0])
        sender, written = self._astray[1]
        notice = pb.Notice()
        notice.CopyFrom(written)
        notice.ClearField("judgment")
        number = notice.person.identifiers[0]
        body = number.number[:16] + str((int(number.number[16]) + 2) % 10)
        number.number = body + check_character(body)
        receipts, before = self._send(sender, notice)
        with self._client("police") as police:
            waiting = [w for w in police.notices.waiting("police-1") if w.digest == receipts[0].notice]
            insist(waiting, "the notice does not wait for an officer")
            insist(waiting[0].candidates, "the notice waits without candidates")
            decided = police.notices.decide(
                "police-1",
                pb.Decision(
                    notice=waiting[0].digest,
                    kind=pb.DECISION_KIND_APPLY,
                    record_id=waiting[0].candidates[0].record_id,
                    reason="身份证号末位误写，姓名与出生日期一致",
                ),
            )
        with self._client(sender) as client:
            after = self._settled(client, receipts[0].notice)
        return NoticeScene(
            "f",
            "a release with one wrong digit and no judgment number",
            "Never dropped: it waits with ranked candidates, an officer decides (R31). The sender hears `received` and "
            "nothing else, as it would of a sealed or unknown person.",
            receipts,
            [*before, *after],
            waiting,
            decided,
        )

    def _node_down(self) -> NoticeScene:
        local.down(self._home, (STOPPED,))
        try:
            with self._client("court") as client:
                receipts = client.notices.submit([self._offline[0][1]])
                before = client.notices.track([receipts[0].notice])
        finally:
            local.up(self._home, (STOPPED,))
        with self._client("court") as client:
            after = self._settled(client, receipts[0].notice)
        return NoticeScene(
            "g",
            f"a judgment while {STOPPED} is stopped, and after it is back",
            "Accepted means durable: the gateway delivers when the node is back, once (R30).",
            receipts,
            [*before, *after],
        )

    def _asked(self) -> NoticeScene:
        record = self._served[0][1].record
        subject = query_pb2.Subject(name=record.person.names[0].text, birth_date=record.person.birth_date)
        subject.identifiers.add(
            type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=record.person.identifiers[0].number
        )
        query = query_pb2.Query(
            purpose=query_pb2.PURPOSE_CASE, subject=subject, case_number="（2026）京0105刑初88号"
        )
        with self._client("police") as client:
            answered = self._patience.until(
                lambda: client.ask(query), lambda found: incomplete(found.answer), "asking again"
            )
        return NoticeScene(
            "h",
            "police ask about the person released",
            "One conviction, put together from what the notices brought to three agencies.",
            answered=answered,
        )

    def _settled(self, client: Client, digest: bytes) -> list[Tracked]:
        """Return the stages of a notice once no delivery is under way."""

        def lacks(tracked: list[Tracked]) -> str:
            if not tracked:
                return "the gateway does not list it yet"
            return under_way(tracked[0])

        return self._patience.until(
            lambda: client.notices.track([digest]), lacks, "following the notice", moving=True
        )


def walk(
    console: Console, rows: Sequence[Row], home: Path, seed: int, patience: Patience | None = None
) -> dict[str, Any]:
    """Play the walk at `home`, where a federation runs; return what happened, or raise `NotShown`."""
    scenes, intake = [], Intake(home, rows, seed, patience)
    for scene in intake.play():
        scene.show(console)
        scenes.append(scene.as_json())
    for further in Corrections(home, intake.disclosed(), patience).play():
        further.show(console)
        scenes.append(further.as_json())
    return {"scenes": scenes}


def _first(rows: Sequence[Row], seed: int, sender: str) -> list[tuple[str, pb.Notice]]:
    """Return the notices of the first case that `sender` ended, of a person who was clearly an adult."""
    for row in rows:
        notices = list(case_notices(case_of(row, seed)))
        if len(notices) != 2 or notices[1][0] != sender or row.problems:
            continue
        record = notices[0][1].record
        acts = [o.conduct_from for o in record.offences]
        if not all(acts) or not record.person.birth_date or record.combined_penalty.months > 60:
            continue
        born = date.fromisoformat(record.person.birth_date)
        if all(date.fromisoformat(day) - born > timedelta(days=19 * 366) for day in acts):
            return notices
    raise InvalidRequest.of(
        "outcomes", "DEMO", f"no case in them ends with a notice of {sender}: name a larger file"
    )

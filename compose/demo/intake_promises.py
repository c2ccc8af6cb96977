"""The promise of each scene of the intake walk, as a check of the scene; letters name the scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from compose.correct.corrections_shown import asked_json
from compose.demo.intake_scenes import CorrectionScene, NoticeScene
from compose.demo.patience import insist
from compose.demo.promises import finds
from compose.local.layout import NODES
from federation.notices.receipts import Tracked, stage_name
from federation.statements.recalls import SAYS
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2


def check_notice(scene: NoticeScene) -> None:
    """Raise `Unkept` when a scene of notices does not show what it promises."""
    NOTICES[scene.id](scene)


def check_correction(scene: CorrectionScene) -> None:
    """Raise `Unkept` when a scene of the correction and its recalls does not show what it promises."""
    CORRECTIONS[scene.id](scene)


def under_way(tracked: Tracked) -> str:
    """Return a phrase naming the deliveries of a notice that are under way; "" for none."""
    moving = [d.node for d in tracked.deliveries if d.state == pb.DELIVERY_STATE_WAITING]
    return f"on the way to {', '.join(moving)}" if moving else ""


def _registered(tracked: Tracked) -> None:
    insist(tracked.stages[0][1].stage == pb.NOTICE_STAGE_ACCEPTED, "the gateway did not accept the notice")
    later = {who.rpartition("/")[2]: receipt.stage for who, receipt in tracked.stages[1:]}
    insist(later, "no node signed for the notice")
    other = [f"{n}: {stage_name(s)}" for n, s in later.items() if s != pb.NOTICE_STAGE_REGISTERED]
    insist(not other, f"not every node registered the notice ({', '.join(other)})")


def _notified(scene: NoticeScene) -> None:
    insist(scene.tracked, f"the notice was not accepted{_why(scene)}")
    _registered(scene.tracked[-1])


def _refused(scene: NoticeScene) -> None:
    stages = [receipt.stage for receipt in scene.receipts]
    insist(stages == [pb.NOTICE_STAGE_REFUSED], "the notice was accepted")
    insist(scene.receipts[0].violations, "the refusal names no rule")


def _decided(scene: NoticeScene) -> None:
    insist(scene.waiting, f"the notice does not wait for an officer{_why(scene)}")
    insist(scene.waiting[0].candidates, "the notice waits without candidates")
    decided = scene.decided or pb.NoticeReceipt()
    insist(
        decided.stage == pb.NOTICE_STAGE_REGISTERED, f"the officer's decision: {stage_name(decided.stage)}"
    )
    before, after = ([r.SerializeToString() for _, r in tracked.stages] for tracked in scene.tracked)
    insist(before == after, "the sender sees that an officer has decided")
    later = {receipt.stage for _, receipt in scene.tracked[-1].stages[1:]}
    insist(later == {pb.NOTICE_STAGE_RECEIVED}, "the sender sees more than that the notice was received")


def _delivered_later(scene: NoticeScene) -> None:
    insist(len(scene.tracked) > 1, f"the notice was not accepted{_why(scene)}")
    insist("police-1" in under_way(scene.tracked[0]), "it did not wait for police-1 while that was stopped")
    _registered(scene.tracked[-1])


def _found(scene: NoticeScene) -> None:
    answer = scene.answered.answer if scene.answered else query_pb2.Answer()
    finds(query_pb2.FINDING_RECORD)(answer)
    completed = record_pb2.EXECUTION_KIND_COMPLETED
    insist(
        any(event.kind == completed for c in answer.convictions for event in c.record.execution),
        "the release is not part of the answer",
    )


def _requested(scene: CorrectionScene) -> None:
    fields = [waiting.notice.correction.field for waiting in scene.waiting]
    insist(fields == ["pronounced_on"], f"the owner sees {len(fields)} requests, not one about the date")


def _corrected(scene: CorrectionScene) -> None:
    states = [asked_json(tracked) for tracked in scene.asked]
    insist(states, "the reply did not reach the procuratorate")
    insist(
        states[0]["state"] == "corrected" and states[0]["version"],
        f"the request is {states[0]['state']}, without a corrected version",
    )


def _both_owners_asked(scene: CorrectionScene) -> None:
    owners = {waiting.notice.correction.node for waiting in scene.waiting}
    wanted = {NODES["procuratorate"], NODES["justice"]}
    insist(wanted <= owners, f"no request waits at {', '.join(sorted(wanted - owners))}")


def _recalled(scene: CorrectionScene) -> None:
    insist(len(scene.recalls) == 3, f"{len(scene.recalls)} of 3 answers are recalled")
    insist({recall.says for recall in scene.recalls} == {SAYS}, "the recalls do not read alike")


def _acknowledged(scene: CorrectionScene) -> None:
    insist(len(scene.caused) == 3, f"the owner sees {len(scene.caused)} of 3 recalls")
    insist(all(track.acknowledged_at for track in scene.caused), "not every recall is acknowledged")


def _why(scene: NoticeScene) -> str:
    """Return the rules that a refused notice breaks, in brackets."""
    broken = [f"{v.field}: {v.message} [{v.rule}]" for r in scene.receipts for v in r.violations]
    return f" ({'; '.join(broken)})" if broken else ""


#: Scene -> its promise.
NOTICES: Final[Mapping[str, Callable[[NoticeScene], None]]] = {
    "a": _notified,
    "b": _refused,
    "c": _notified,
    "d": _notified,
    "e": _refused,
    "f": _decided,
    "g": _delivered_later,
    "h": _found,
}
CORRECTIONS: Final[Mapping[str, Callable[[CorrectionScene], None]]] = {
    "i": _requested,
    "j": _corrected,
    "k": _both_owners_asked,
    "l": _recalled,
    "m": _acknowledged,
}

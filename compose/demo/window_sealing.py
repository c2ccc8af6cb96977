"""The walk's last scene: a court's notice seals a record at one holder while another holder is down."""

from __future__ import annotations

from typing import Final

from compose.demo.casting import Character
from compose.demo.patience import insist
from compose.demo.promises import incomplete
from compose.demo.window_forms import CASE, person_asked_about
from compose.demo.window_scene import Scene, Walk
from compose.local import local
from compose.node.sealing_showing import certificate_json
from compose.shared.moments import beijing
from federation.client import Client
from federation.statements.seals import CheckedCertificate
from federation.v1 import query_pb2, record_pb2, sealing_pb2
from federation.values.enum_names import completeness_name, finding_name

SEALING, STOPPED, OFFICER, JUDGE = "police-1", "justice-1", "钱审核员", "李法官"
NOTICE: Final = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="犯罪记录封存通知书", issuer="某区人民法院"
)


def spreading(walk: Walk, person: Character) -> Scene:
    """Play the scene on the record that several agencies hold of `person`."""
    home, description = walk.home, walk.description
    sentences: list[str] = []
    with (
        Client.open(description, "police", officer=OFFICER) as police,
        Client.open(description, "court", officer=JUDGE) as court,
    ):

        def answer() -> query_pb2.Answer:
            question = query_pb2.Query(
                purpose=query_pb2.PURPOSE_CASE, subject=person_asked_about(person), case_number=CASE
            )
            return walk.patience.until(lambda: court.ask(question).answer, incomplete, "asking again")

        before = answer()
        held = {facet.node: facet for c in before.convictions for facet in c.facets}
        sentences.append(f"before: {finding_name(before.finding)}, held by {', '.join(sorted(held))}")
        local.down(home, (STOPPED,))
        try:
            insist(SEALING in held, f"{SEALING} is not shown to hold the record")
            mine = held[SEALING]
            order = sealing_pb2.Sealing(
                record_id=mine.record_id,
                expected_version=mine.version,
                instrument=NOTICE,
                reason="法院通知封存",
            )
            police.seals.seal(SEALING, order)

            def certificate() -> CheckedCertificate:
                return police.seals.certificate(SEALING, mine.record_id, reason="核对封存情况")[0]

            first = walk.patience.until(
                certificate,
                lambda c: "" if _awaited(c) == [STOPPED] else _heard(c),
                f"sealing at {SEALING} while {STOPPED} is stopped",
                moving=True,
            )
            sentences.append(f"sealed at {SEALING} while {STOPPED} is down: {_heard(first)}")
        finally:
            local.up(home, (STOPPED,))
        last = walk.patience.until(
            certificate,
            lambda c: "" if c.certificate.complete else _heard(c),
            f"sealing at {STOPPED}",
            moving=True,
        )
        sentences.append(f"{STOPPED} is back: {_heard(last)}")
        sentences += [
            f"  封存证明 {signed.node}: in force since {beijing(signed.at)} (Beijing), signed by {signed.installation}"
            for signed in last.acknowledgements[-1]
        ]
        after = answer()
        sentences.append(f"after: {finding_name(after.finding)}, {completeness_name(after.completeness)}")
    return Scene(
        "11",
        "各登记机关",
        f"a court's notice seals a record at {SEALING} while another holder, {STOPPED}, is down",
        "Sealed once, sealed everywhere: every node signs that it holds to it, as soon as it is back (R45).",
        sentences=sentences,
        extra={
            "stopped": STOPPED,
            "awaited_while_down": _awaited(first),
            "certificate": certificate_json(last),
        },
    )


def _awaited(checked: CheckedCertificate) -> list[str]:
    proposals = checked.certificate.proposals
    return list(proposals[-1].awaited) if proposals else []


def _heard(checked: CheckedCertificate) -> str:
    if not checked.acknowledgements:
        return "nothing is proposed yet"
    heard = ", ".join(signed.node for signed in checked.acknowledgements[-1]) or "nobody"
    awaited = ", ".join(_awaited(checked))
    return f"{heard} acknowledged" + (f"; {awaited} awaited" if awaited else ", which is everywhere")

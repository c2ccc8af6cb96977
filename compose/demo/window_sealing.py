"""The walk's last scene: a court's notice seals a record at one holder while another holder is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from compose.demo.casting import Character
from compose.demo.window_forms import CASE, person_asked_about
from compose.demo.window_scene import Scene
from compose.local import local
from compose.local.layout import Layout
from compose.sealing_showing import certificate_json
from federation.client import Client
from federation.errors import Unavailable
from federation.seals import CheckedCertificate
from federation.v1 import query_pb2, record_pb2, sealing_pb2
from federation.words import completeness_word, finding_word

SEALING, STOPPED, OFFICER, JUDGE = "police-1", "justice-1", "钱审核员", "李法官"
NOTICE: Final = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="犯罪记录封存通知书", issuer="某区人民法院"
)
#: Seconds after which a holder that does not acknowledge ends the walk.
PATIENCE_S: Final = 120.0


def spreading(home: Path, person: Character) -> Scene:
    """Play the scene on the record that several agencies hold of `person`."""
    description = Layout(home.resolve()).description
    said: list[str] = []
    with (
        Client.open(description, "police", officer=OFFICER) as police,
        Client.open(description, "court", officer=JUDGE) as court,
    ):

        def told() -> query_pb2.Answer:
            question = query_pb2.Query(
                purpose=query_pb2.PURPOSE_CASE, subject=person_asked_about(person), case_number=CASE
            )
            return court.ask(question).answer

        before = told()
        held = {facet.node: facet for c in before.convictions for facet in c.facets}
        said.append(f"before: {finding_word(before.finding)}, held by {', '.join(sorted(held))}")
        local.down(home, (STOPPED,))
        try:
            mine = held[SEALING]
            order = sealing_pb2.Sealing(
                record_id=mine.record_id,
                expected_version=mine.version,
                instrument=NOTICE,
                reason="法院通知封存",
            )
            police.seal(SEALING, order)

            def certificate() -> CheckedCertificate:
                return police.sealing_certificate(SEALING, mine.record_id, reason="核对封存情况")[0]

            first = _until(certificate, lambda c: _awaited(c) == [STOPPED])
            said.append(f"sealed at {SEALING} while {STOPPED} is down: {_heard(first)}")
        finally:
            local.up(home, (STOPPED,))
        last = _until(certificate, lambda c: c.certificate.complete)
        said.append(f"{STOPPED} is back: {_heard(last)}")
        said += [
            f"  封存证明 {word.node}: in force since {word.at[:19]}Z, signed by {word.installation}"
            for word in last.acknowledgements[-1]
        ]
        after = told()
        said.append(f"after: {finding_word(after.finding)}, {completeness_word(after.completeness)}")
    return Scene(
        "11",
        "各登记机关",
        f"a court's notice seals a record at {SEALING} while another holder, {STOPPED}, is down",
        "Sealed once, sealed everywhere: every node signs that it holds to it, as soon as it is back (R45).",
        said=said,
        extra={
            "stopped": STOPPED,
            "awaited_while_down": _awaited(first),
            "certificate": certificate_json(last),
        },
    )


def _until(
    certificate: Callable[[], CheckedCertificate], enough: Callable[[CheckedCertificate], bool]
) -> CheckedCertificate:
    deadline = time.monotonic() + PATIENCE_S
    while not enough(found := certificate()):
        if time.monotonic() > deadline:
            raise Unavailable(f"no acknowledgement within {PATIENCE_S:.0f} s of {', '.join(_awaited(found))}")
        time.sleep(0.2)
    return found


def _awaited(checked: CheckedCertificate) -> list[str]:
    proposals = checked.certificate.proposals
    return list(proposals[-1].awaited) if proposals else []


def _heard(checked: CheckedCertificate) -> str:
    heard = ", ".join(word.node for word in checked.acknowledgements[-1])
    awaited = ", ".join(_awaited(checked))
    return f"{heard} acknowledged" + (f"; {awaited} awaited" if awaited else ", which is everywhere")

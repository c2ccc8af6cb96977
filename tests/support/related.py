"""Valid synthetic records of the classes beside criminal ones, for persons who were never born."""

from __future__ import annotations

from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2 as related
from tests.support.records import MINOR, Someone, case_number, record

POLICE_STATION = "北京市公安局朝阳分局"
PROCURATORATE = "北京市朝阳区人民检察院"
_COMMITTEE = "北京市劳动教养管理委员会"


def public_order(
    someone: Someone,
    conduct: str = "殴打他人",
    *,
    sanction: related.SanctionKind.ValueType = related.SANCTION_KIND_DETENTION,
    on: str = "2019-01-20",
) -> pb.Record:
    """Return a public-order penalty (治安管理处罚): ten days of detention, unless another sanction is given."""
    made = _decided(someone, pb.RECORD_CLASS_PUBLIC_ORDER, POLICE_STATION, conduct, on)
    made.decision.ground = "治安管理处罚法第四十三条"
    days = 10 if sanction == related.SANCTION_KIND_DETENTION else 0
    made.decision.sanctions.add(kind=sanction, days=days)
    return made


def non_prosecution(
    someone: Someone,
    kind: related.NonProsecutionKind.ValueType = related.NON_PROSECUTION_KIND_DISCRETIONARY,
    *,
    offence: str = "盗窃罪",
    on: str = "2019-06-03",
) -> pb.Record:
    """Return a decision not to prosecute (不起诉)."""
    made = _decided(someone, pb.RECORD_CLASS_NON_PROSECUTION, PROCURATORATE, offence, on)
    made.decision.ground = "刑事诉讼法第一百七十七条第二款"
    made.decision.non_prosecution = kind
    return made


def reeducation(someone: Someone, *, on: str = "2010-05-06") -> pb.Record:
    """Return re-education through labour (劳动教养), closed since 2013-12-28."""
    made = _decided(someone, pb.RECORD_CLASS_REEDUCATION, _COMMITTEE, "寻衅滋事", on)
    made.offences[0].conduct_from = made.offences[0].conduct_to = "2010-01-10"
    made.decision.ground = "劳动教养试行办法第十条"
    made.decision.sanctions.add(kind=related.SANCTION_KIND_REEDUCATION, months=12)
    return made


def process(
    someone: Someone,
    kind: related.ProcessKind.ValueType = related.PROCESS_KIND_CASE_WITHDRAWN,
    *,
    on: str = "2019-06-03",
) -> pb.Record:
    """Return process information (过程信息): a case that was withdrawn, unless another kind is given."""
    made = _decided(someone, pb.RECORD_CLASS_PROCESS, POLICE_STATION, "盗窃罪", on)
    made.decision.ground = "刑事诉讼法第十六条"
    made.decision.process = kind
    return made


def minor() -> Someone:
    """Return somebody who was under eighteen at the conduct of these records."""
    return Someone(born=MINOR)


def _decided(
    someone: Someone, record_class: pb.RecordClass.ValueType, organ: str, act: str, on: str
) -> pb.Record:
    criminal = record(someone)
    number = case_number().replace("刑初", "决字")
    made = pb.Record(
        record_class=record_class,
        person=criminal.person,
        offences=[pb.Offence(name=act, conduct_from="2019-01-10", conduct_to="2019-01-10")],
        decision=related.OrganDecision(organ=organ, number=number, decided_on=on),
        instrument=pb.Instrument(
            kind=pb.INSTRUMENT_KIND_NOTICE, reference=number, issuer=organ, issued_on=on
        ),
    )
    made.person.household_division = "110105"
    return made

"""The kinds of notices: their permitted senders (R29) and their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from federation.charter.model import Member
from federation.errors import FieldViolation
from federation.v1 import notice_pb2 as pb
from federation.values.enum_names import enum_name
from federation.values.identity import OrganClass, OrganFunction

_COURT = frozenset({OrganFunction.COURT})
_CUSTODY = frozenset({OrganFunction.PRISON, OrganFunction.DETENTION_HOUSE})

#: Kind -> functions; a sender must have at least one of them.
SENDERS: Mapping[int, frozenset[OrganFunction]] = {
    pb.NOTICE_KIND_JUDGMENT: _COURT,
    pb.NOTICE_KIND_JUDGMENT_INFORMATION: _COURT,
    pb.NOTICE_KIND_RELEASE: _CUSTODY,
    pb.NOTICE_KIND_CORRECTION_COMPLETED: frozenset({OrganFunction.COUNTY_JUSTICE_BUREAU}),
    # Extensions: the text names no sender. Community-correction persons die and are pardoned too (6.7).
    pb.NOTICE_KIND_PARDON: _COURT | _CUSTODY | {OrganFunction.COUNTY_JUSTICE_BUREAU},
    pb.NOTICE_KIND_DEATH: _COURT | _CUSTODY | {OrganFunction.COUNTY_JUSTICE_BUREAU},
    pb.NOTICE_KIND_RETRIAL_CHANGE: _COURT,
    pb.NOTICE_KIND_SEALING: _COURT,
}
#: The Opinions' own names (A20), and those of the 2022 Measures arts 11 and 22 [M]; other extensions have none.
TITLES: Mapping[int, str] = {
    pb.NOTICE_KIND_JUDGMENT: "生效的刑事裁判文书",
    pb.NOTICE_KIND_JUDGMENT_INFORMATION: "其他有关信息",
    pb.NOTICE_KIND_RELEASE: "刑满释放人员通知书",
    pb.NOTICE_KIND_CORRECTION_COMPLETED: "社区服刑人员矫正期满通知书",
    pb.NOTICE_KIND_SEALING: "犯罪记录封存通知书",
    pb.NOTICE_KIND_SUPERVISION: "纠正意见",
}
#: Kinds that append an event to field 8 of the record (R31).
EXECUTION_KINDS = frozenset(
    {
        pb.NOTICE_KIND_RELEASE,
        pb.NOTICE_KIND_CORRECTION_COMPLETED,
        pb.NOTICE_KIND_PARDON,
        pb.NOTICE_KIND_DEATH,
    }
)
#: Kinds about a judgment that is registered already: a receipt must not show who has a record.
FOLLOWING = EXECUTION_KINDS | {
    pb.NOTICE_KIND_JUDGMENT_INFORMATION,
    pb.NOTICE_KIND_RETRIAL_CHANGE,
    pb.NOTICE_KIND_SEALING,
}


def kind_name(kind: int) -> str:
    """Return "judgment", "release", ..."""
    return enum_name(pb.NoticeKind.DESCRIPTOR, kind)


def sender_faults(kind: int, sender: Member) -> Iterator[FieldViolation]:
    """Yield why `sender` may not send a notice of this kind (R29); any member may ask for a correction (R58)."""
    if kind == pb.NOTICE_KIND_CORRECTION_REQUEST:
        return
    if kind == pb.NOTICE_KIND_SUPERVISION:
        if sender.organ_class is not OrganClass.PROCURATORATE:
            says = (
                f"supervision comes from a procuratorate; {sender.id} is none: apply to one for supervision"
            )
            yield FieldViolation("kind", "R29", says)
        return
    allowed = SENDERS.get(kind)
    if allowed is None:
        yield FieldViolation("kind", "R29", "say which notice it is")
    elif not any(sender.does(function) for function in allowed):
        names = ", ".join(sorted(f.replace("_", " ") for f in allowed))
        yield FieldViolation(
            "kind",
            "R29",
            f"a {kind_name(kind)} notice comes from a {names}; {sender.id} is none: send it there",
        )

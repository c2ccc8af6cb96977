"""Penalties, dates and classes as a Chinese document writes them."""

from __future__ import annotations

import re
from typing import Final

from federation.v1 import document_pb2, query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.calendar import parse_date

PURPOSES: Final = {
    query_pb2.PURPOSE_CASE: "因办案需要",
    query_pb2.PURPOSE_PUBLIC: "依照法律、行政法规关于资格、条件的规定",
    query_pb2.PURPOSE_DEFENCE: "为依法履行辩护职责",
    query_pb2.PURPOSE_SEALED_CASE: "因办案需要（含被封存的犯罪记录）",
    query_pb2.PURPOSE_SEALED_PROVISION: "依照国家规定（含被封存的犯罪记录）",
    query_pb2.PURPOSE_OWN: "就本人情况",
}
_PENALTIES: Final = {
    pb.PENALTY_KIND_EXEMPT: "免予刑事处罚",
    pb.PENALTY_KIND_SUPPLEMENTARY_ONLY: "单处附加刑",
    pb.PENALTY_KIND_CONTROL: "管制",
    pb.PENALTY_KIND_CRIMINAL_DETENTION: "拘役",
    pb.PENALTY_KIND_FIXED_TERM: "有期徒刑",
    pb.PENALTY_KIND_LIFE: "无期徒刑",
    pb.PENALTY_KIND_DEATH_SUSPENDED: "死刑，缓期二年执行",
    pb.PENALTY_KIND_DEATH: "死刑",
}
_SUPPLEMENTARY: Final = {
    pb.SUPPLEMENTARY_KIND_FINE: "罚金",
    pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS: "剥夺政治权利",
    pb.SUPPLEMENTARY_KIND_CONFISCATION: "没收财产",
    pb.SUPPLEMENTARY_KIND_DEPORTATION: "驱逐出境",
}
_EXECUTION: Final = {
    pb.EXECUTION_KIND_PENDING_DELIVERY: "待交付执行",
    pb.EXECUTION_KIND_SERVING: "服刑",
    pb.EXECUTION_KIND_REDUCED: "减刑",
    pb.EXECUTION_KIND_COMMUTED: "减为他种刑罚",
    pb.EXECUTION_KIND_PAROLED: "假释",
    pb.EXECUTION_KIND_OUTSIDE_PRISON: "暂予监外执行",
    pb.EXECUTION_KIND_ESCAPED: "脱逃",
    pb.EXECUTION_KIND_COMPLETED: "刑满释放",
    pb.EXECUTION_KIND_COMMUNITY_CORRECTION: "社区矫正",
    pb.EXECUTION_KIND_DISCHARGED: "解除社区矫正",
    pb.EXECUTION_KIND_REVOKED: "撤销缓刑、假释或者收监",
    pb.EXECUTION_KIND_PARDONED: "赦免",
    pb.EXECUTION_KIND_DIED: "死亡",
    pb.EXECUTION_KIND_FINE_PAID: "罚金已缴纳",
    pb.EXECUTION_KIND_FINE_REMITTED: "罚金已减免",
    pb.EXECUTION_KIND_CONFISCATED: "没收财产已执行",
    pb.EXECUTION_KIND_RIGHTS_RESTORED: "恢复政治权利",
    pb.EXECUTION_KIND_EXECUTED: "死刑已执行",
    pb.EXECUTION_KIND_RETRIAL_ORDERED: "决定再审",
    pb.EXECUTION_KIND_RETRIAL_UPHELD: "再审维持原判",
}

#: What a rule carries for officers and programs: a policy's id, how the text was checked, numbers of requirements.
_FOR_PROGRAMS: Final = re.compile(r"^[a-z][a-z0-9-]*: |\s*\[[A-Z-]+\]|\s*\([RA]\d+(?:, [RA]\d+)*\)")


def rule(text: str) -> str:
    """Return the provision on which a ground rests as a document cites it, without what is for programs."""
    return _FOR_PROGRAMS.sub("", text)


def day(text: str) -> str:
    """Return "2026年3月4日" for "2026-03-04"; any text that is no full date is returned unchanged."""
    try:
        on = parse_date(text)
    except ValueError:
        return text
    return f"{on.year}年{on.month}月{on.day}日"


def length(months: int, days: int = 0) -> str:
    """Return a length of time: 41 months are 三年五个月 in words of figures, "3年5个月"."""
    years, rest = divmod(months, 12)
    text = (f"{years}年" if years else "") + (f"{rest}个月" if rest else "") + (f"{days}日" if days else "")
    return text or "0日"


def penalty(imposed: pb.Penalty) -> str:
    """Return the principal penalty with its length and probation."""
    text = _PENALTIES.get(imposed.kind, "")
    if imposed.months or imposed.days:
        text += length(imposed.months, imposed.days)
    text += f"，缓刑{length(imposed.probation_months)}" if imposed.probation_months else ""
    text += "，限制减刑" if imposed.reduction_limited else ""
    return text + ("，减为无期徒刑后终身监禁" if imposed.life_without_release else "")


def supplementary(imposed: pb.SupplementaryPenalty) -> str:
    """Return one supplementary penalty."""
    text = _SUPPLEMENTARY.get(imposed.kind, "")
    if imposed.amount_yuan:
        text += f"人民币{imposed.amount_yuan}元"
    if imposed.for_life:
        text += "终身"
    return text + (length(imposed.months) if imposed.months else "")


def prohibition(ordered: pb.Prohibition) -> str:
    """Return what a court forbids, with its period."""
    occupation = ordered.kind == pb.PROHIBITION_KIND_OCCUPATION
    text = f"禁止从事{ordered.scope}职业" if occupation else f"禁止令（{ordered.scope}）"
    first = getattr(ordered, "from")
    if first or ordered.until:
        text += f"自{day(first)}" if first else ""
        text += f"至{day(ordered.until)}" if ordered.until else "起"
    return text + ("终身" if ordered.for_life else length(ordered.months) if ordered.months else "")


def conviction(extract: document_pb2.ConvictionExtract) -> str:
    """Return one conviction as a sentence."""
    principal = penalty(extract.penalty)
    if extract.further_penalty.kind:
        principal += f"，执行完毕后执行{penalty(extract.further_penalty)}"
    penalties = "，并处".join([principal, *(map(supplementary, extract.supplementary_penalties))])
    if not extract.judgment_number:  # a unit is given offences and penalty alone (2022 Measures art. 16)
        return f"{'、'.join(extract.offences)}，{penalties}。"
    penalties += "".join(f"，{prohibition(each)}" for each in extract.prohibitions)
    executed = "；".join(f"{day(e.on)}{_EXECUTION.get(e.kind, '')}" for e in extract.execution)
    text = (
        f"{extract.court}{extract.judgment_number}，{day(extract.final_on)}生效：{'、'.join(extract.offences)}，"
        f"{penalties}"
    )
    text += f"（执行情况：{executed}）" if executed else ""
    if extract.unsettled:
        text += "（再审结果或者更正请求逾期未有答复，使用前应当向登记机关核实）"
    return f"{text}。"


def execution(event: pb.ExecutionEvent) -> str:
    """Return what happened in the execution of a penalty, with its day."""
    return f"{event.on} {_EXECUTION.get(event.kind, '')}".strip()

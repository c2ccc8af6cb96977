"""The promises of the demo's seven questions, as checks of their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from compose.demo.patience import insist
from federation.evidence.checks import ANSWERED
from federation.evidence.report import Verdict, VerifiedAnswer
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from federation.values.enum_names import completeness_name, finding_name, outcome_name

#: Raises `Unkept` when an answer is not what its scene promises.
Promise: TypeAlias = Callable[[pb.Answer], None]


def incomplete(answer: pb.Answer) -> str:
    """Return why an answer is not complete, as a phrase: its completeness, and which nodes have not answered."""
    if answer.completeness == pb.COMPLETENESS_COMPLETE:
        return ""
    return f"the answer is {completeness_name(answer.completeness)}{_absent(answer)}"


def missing_only(answer: pb.Answer, node: str) -> str:
    """Return, as a phrase, why an answer is not PARTIAL for lack of `node` alone."""
    if answer.completeness == pb.COMPLETENESS_PARTIAL and _unanswered(answer) == {node}:
        return ""
    return f"the answer is {completeness_name(answer.completeness)}{_absent(answer)}"


def finds(finding: pb.Finding.ValueType) -> Promise:
    """Return the promise that an answer has this finding."""

    def check(answer: pb.Answer) -> None:
        insist(
            answer.finding == finding,
            f"the finding is {finding_name(answer.finding)}, not {finding_name(finding)}",
        )

    return check


def merged_with_conflict(answer: pb.Answer) -> None:
    """(a) One conviction of several agencies, with the field on which they differ."""
    _convicted(answer)
    insist(
        any(len({facet.node for facet in each.facets}) > 1 for each in answer.convictions),
        "no conviction is merged from several agencies",
    )
    insist(any(each.conflicts for each in answer.convictions), "no conflict between agencies is shown")


def disclosed_to_defence(answer: pb.Answer) -> None:
    """(b) The lawyer of the case is answered with the record."""
    _convicted(answer)


def yes_and_nothing_else(answer: pb.Answer) -> None:
    """(c) Yes, and neither a record nor a node's own answer."""
    finds(pb.FINDING_YES)(answer)
    insist(not answer.convictions and not answer.listed_offences, "more than yes or no is shown")


def sealed_is_shown(answer: pb.Answer) -> None:
    """(e) The sealed record is shown, marked as sealed and watermarked."""
    _convicted(answer)
    sealed = [c for c in answer.convictions if c.sealing_status == record_pb2.SEALING_STATUS_SEALED]
    insist(sealed, "no conviction is shown as sealed")
    insist(answer.watermark, "the answer has no watermark")


def alike(extra: dict[str, Any]) -> None:
    """(d) Two answers that differ in ids, times, hashes and signatures only."""
    insist(
        extra["identical"],
        f"the two answers differ in {', '.join(extra['differing_fields'])}, "
        f"with {extra['lengths'][0]} and {extra['lengths'][1]} bytes",
    )


def change_is_seen(good: VerifiedAnswer, bad: VerifiedAnswer) -> None:
    """(g) The saved answer is proven, the changed one is broken."""
    open_points = ", ".join(check.name for check in (*good.failures, *good.gaps))
    insist(good.verdict is Verdict.PROVEN, f"the saved answer is {good.verdict} ({open_points})")
    insist(not bad.holds, "the changed answer holds")


def _convicted(answer: pb.Answer) -> None:
    finds(pb.FINDING_RECORD)(answer)
    insist(answer.convictions, "no conviction is shown")


def _unanswered(answer: pb.Answer) -> set[str]:
    return {each.node for each in answer.outcomes if each.outcome not in ANSWERED}


def _absent(answer: pb.Answer) -> str:
    """Return in brackets which nodes have not answered and why; "" where the answer names none."""
    absent = [
        f"{each.node} {each.reason or outcome_name(each.outcome)}"
        for each in answer.outcomes
        if each.outcome not in ANSWERED
    ]
    return f" ({', '.join(absent)})" if absent else ""

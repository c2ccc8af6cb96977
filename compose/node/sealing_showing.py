"""Show certificates of sealing, and the results of runs over all records."""

from __future__ import annotations

from typing import Any

from compose.shared.printing import Console, Table, listing, marked
from federation.statements.seals import CheckedCertificate
from federation.v1 import sealing_pb2
from federation.values.words import word


def certificate_json(checked: CheckedCertificate) -> dict[str, Any]:
    """Return a certificate as programs read it."""
    said = checked.certificate
    return {
        "record": said.record_id,
        "version": said.version,
        "certified_by": said.installation,
        "certified_at": said.certified_at,
        "rule": said.rule,
        "clause": said.clause,
        "complete": said.complete,
        "proposals": [
            {
                "proposal": proposal.proposal_id,
                "proposed_at": proposal.proposed_at,
                "words": [
                    {
                        "node": w.node,
                        "stance": word(sealing_pb2.SealingStance.DESCRIPTOR, w.stance),
                        "at": w.at,
                        "reason": w.reason,
                        "officer": w.officer,
                    }
                    for w in words
                ],
                "awaited": list(proposal.awaited),
            }
            for proposal, words in zip(said.proposals, checked.acknowledgements, strict=True)
        ],
    }


def certificate_table(checked: CheckedCertificate, console: Console | None = None) -> None:
    """Print a certificate: each node with its acknowledgement, and the nodes that have not replied yet."""
    said = certificate_json(checked)
    table = listing(
        f"封存证明  record {said['record']}, version {said['version']}",
        "node",
        "word",
        "at",
        "by",
        "why",
        whole=("node", "word"),
    )
    for proposal in said["proposals"]:
        for each in proposal["words"]:
            at = f"{each['at'][:19]}Z"
            table.add_row(each["node"], each["stance"].replace("_", " "), at, each["officer"], each["reason"])
        for node in proposal["awaited"]:
            table.add_row(node, marked("[yellow]awaited[/]"), "", "", "")
    console = console or Console()
    console.print(table)
    everywhere = marked(
        "sealed everywhere" if said["complete"] else "[yellow]not yet acknowledged everywhere[/]"
    )
    console.print(marked("{}; {} ({})", everywhere, said["rule"], said["clause"]))
    console.print(marked("[dim]certified by {} at {}[/]", said["certified_by"], said["certified_at"]))


def reseal_table(said: dict[str, Any]) -> None:
    """Print the results of a run over all records."""
    title = f"{said['judged']} records judged by {said['profile']}, {said['moved']} moved"
    table = Table(title=title, title_justify="left")
    for heading in ("before", "after", "records"):
        table.add_column(heading, justify="right" if heading == "records" else "left")
    for move in said["stand"]:
        table.add_row(move["before"], move["after"], str(move["records"]))
    console = Console()
    console.print(table)
    console.print(f"{said['waiting']} wait for a person: hutong node withheld")

"""Show certificates of sealing, and the results of runs over all records."""

from __future__ import annotations

from typing import Any

from compose.shared.moments import beijing
from compose.shared.printing import Console, Table, listing, marked
from federation.statements.seals import CheckedCertificate
from federation.v1 import sealing_pb2
from federation.values.enum_names import enum_name


def certificate_json(checked: CheckedCertificate) -> dict[str, Any]:
    """Return a certificate as programs read it."""
    certificate = checked.certificate
    return {
        "record": certificate.record_id,
        "version": certificate.version,
        "certified_by": certificate.installation,
        "certified_at": certificate.certified_at,
        "rule": certificate.rule,
        "clause": certificate.clause,
        "complete": certificate.complete,
        "proposals": [
            {
                "proposal": proposal.proposal_id,
                "proposed_at": proposal.proposed_at,
                "words": [
                    {
                        "node": w.node,
                        "stance": enum_name(sealing_pb2.SealingStance.DESCRIPTOR, w.stance),
                        "at": w.at,
                        "reason": w.reason,
                        "officer": w.officer,
                    }
                    for w in acknowledgements
                ],
                "awaited": list(proposal.awaited),
            }
            for proposal, acknowledgements in zip(
                certificate.proposals, checked.acknowledgements, strict=True
            )
        ],
    }


def certificate_table(checked: CheckedCertificate, console: Console | None = None) -> None:
    """Print a certificate: each node with its acknowledgement, and the nodes that have not replied yet."""
    document = certificate_json(checked)
    table = listing(
        f"封存证明  record {document['record']}, version {document['version']}",
        "node",
        "stance",
        "at",
        "by",
        "why",
        whole=("node", "stance"),
    )
    for proposal in document["proposals"]:
        for each in proposal["words"]:
            at = f"{beijing(each['at'])} (Beijing)"
            table.add_row(each["node"], each["stance"].replace("_", " "), at, each["officer"], each["reason"])
        for node in proposal["awaited"]:
            table.add_row(node, marked("[yellow]awaited[/]"), "", "", "")
    console = console or Console()
    console.print(table)
    everywhere = marked(
        "sealed everywhere" if document["complete"] else "[yellow]not yet acknowledged everywhere[/]"
    )
    console.print(marked("{}; {} ({})", everywhere, document["rule"], document["clause"]))
    at = beijing(document["certified_at"])
    console.print(marked("[dim]certified by {} at {} (Beijing)[/]", document["certified_by"], at))


def reseal_table(report: dict[str, Any]) -> None:
    """Print the results of a run over all records."""
    title = f"{report['judged']} records judged by {report['profile']}, {report['moved']} moved"
    if report["dry_run"]:
        title = f"{report['judged']} records judged by {report['profile']}; a dry run, nothing is moved"
    table = Table(title=title, title_justify="left")
    for heading in ("before", "after", "records"):
        table.add_column(heading, justify="right" if heading == "records" else "left")
    for move in report["stand"]:
        table.add_row(move["before"], move["after"], str(move["records"]))
    console = Console()
    console.print(table)
    console.print(f"{report['waiting']} wait for a person: hutong node withheld")

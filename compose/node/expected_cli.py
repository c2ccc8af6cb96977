"""`hutong node expected`: notices that should have arrived by now, judging by the records of one node."""

from __future__ import annotations

import click

from compose.shared.at import At, Optional, at
from compose.shared.printing import Table, Text, listing, styled
from federation.notices.kinds import kind_name
from federation.v1 import timeliness_pb2 as pb


@click.command()
@at(
    node="Node whose records are looked through, e.g. justice-1.",
    member=Optional("Member that asks; the node's own if left out, or a county justice bureau."),
)
@click.option(
    "--list",
    "which",
    type=click.Choice(["overdue", "ending", "registered-elsewhere"]),
    default="overdue",
    show_default=True,
    help="Ends without N3 or N4; corrections about to end; persons in correction registered elsewhere.",
)
@click.option("--days", type=int, default=30, show_default=True, help="ending: within so many days.")
@click.option("--division", default="", help="registered-elsewhere: the bureau's own division, e.g. 110105.")
@click.option("--sealed", is_flag=True, help="Sealed persons instead; recorded as an access of its own.")
@click.option("--undertaking", is_flag=True, help="sealed: the officer undertakes to keep it confidential.")
def expected(at: At, which: str, days: int, division: str, sealed: bool, undertaking: bool) -> None:
    """List the notices that should have come, or are about to be due, by the records of one node."""
    asked = pb.ExpectedPage(
        list=pb.ExpectedList.Value(f"EXPECTED_LIST_{which.upper().replace('-', '_')}"),
        within_days=days if which == "ending" else 0,
        division=division,
        sealed=sealed,
        undertaking=undertaking,
    )
    with at.client() as client:
        found = list(client.timeliness.expected(at.node, asked))
    at.present(found, table=_expected_table)


def _expected_table(found: list[pb.ExpectedNotice]) -> Table | Text:
    if not found:
        return styled("nothing is expected")
    table = listing(
        f"{len(found)} notices",
        "expected",
        "ends on",
        "due on",
        "overdue",
        "name",
        "judgment",
        "executor",
        "registered",
        "basis",
    )
    for each in found:
        overdue = f"{each.days_overdue} days" if each.days_overdue else ""
        table.add_row(
            kind_name(each.kind),
            each.ends_on,
            each.due_on,
            overdue,
            each.name,
            each.judgment_number,
            each.executor,
            each.household_division,
            each.basis,
        )
    return table

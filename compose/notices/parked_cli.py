"""`hutong notify parked` and `again`: notices and documents that nodes refused, for the gateway's own officers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from certs.printing import echo
from compose.shared.at import At, Optional, at
from compose.shared.digests import whole
from compose.shared.printing import Table, listing
from federation.errors import InvalidRequest
from federation.v1 import parked_pb2

_at = at(
    member=Optional("Member that runs the gateway.", default="interconnect"),
    node=Optional("Only what goes to this node, e.g. police-1."),
)


@click.command()
@_at
def parked(at: At) -> None:
    """Show notices and documents that a gateway has set aside, with what was wrong; mend that, then `again`."""
    with at.client() as client:
        items, more = client.notices.parked(at.node)
    at.present(items, document=_rows, table=lambda it: _table(it, "parked", "Nothing is parked."))
    if more and not at.as_json:
        echo("There is more than these: deliver or settle these first.")


@click.command()
@_at
@click.argument("digests", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything that is parked, instead of naming it.")
@click.option("--reason", required=True, help="What was mended; the log keeps it.")
def again(at: At, digests: tuple[str, ...], every: bool, reason: str) -> None:
    """Have parked notices and documents delivered again; DIGESTS as `parked` shows them, at least 8 digits."""
    if every == bool(digests):
        raise InvalidRequest.of("digests", "OPTION", "name what to deliver again, or give --all")
    moved: list[parked_pb2.ParkedItem] = []
    with at.client() as client:
        more = True
        while more:
            items, more = client.notices.parked(at.node)
            if digests:
                wanted = {whole(digits, {_digest(i) for i in items}, "digests") for digits in digests}
                items, more = [i for i in items if _digest(i) in wanted], False
            for start in range(0, len(items), 200):
                moved += client.notices.deliver_again(items[start : start + 200], reason)
    at.present(
        moved, document=_rows, table=lambda it: _table(it, "on their way again", "Nothing was parked.")
    )


def _digest(item: parked_pb2.ParkedItem) -> str:
    return (item.notice or item.document).hex()


def _rows(items: Sequence[parked_pb2.ParkedItem]) -> list[dict[str, Any]]:
    return [
        {
            "what": item.WhichOneof("what"),
            "digest": _digest(item),
            "sender": item.sender,
            "node": item.node,
            "reason": item.reason,
        }
        for item in items
    ]


def _table(items: Sequence[parked_pb2.ParkedItem], title: str, none: str) -> Table | str:
    """Return the table of parked items, or the sentence `none` when there are none."""
    rows = _rows(items)
    if not rows:
        return none
    table = listing(title, *rows[0], whole=("digest",))
    for row in rows:
        table.add_row(*(str(v)[:16] if k == "digest" else str(v) for k, v in row.items()))
    return table

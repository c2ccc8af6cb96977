"""`hutong notify parked` and `again`: what nodes turned away again and again, for the gateway's own officers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certs.printing import echo, echo_json
from compose.shared.options import home_option, json_option, officer_option
from federation.errors import InvalidRequest

if TYPE_CHECKING:
    from federation.v1 import parked_pb2

_member = click.option(
    "--as", "member", default="interconnect", show_default=True, help="Member that runs the gateway."
)
_node = click.option("--node", default="", help="Only what goes to this node, e.g. police-1.")


@click.command()
@home_option
@_member
@officer_option
@_node
@json_option
def parked(home: Path, member: str, officer: str, node: str, as_json: bool) -> None:
    """Show notices and documents that a gateway has set aside, with what was wrong; mend that, then `again`."""
    from compose.shared.clients import of_member

    with of_member(home, member, officer) as client:
        items, more = client.parked(node)
    _tell(items, as_json=as_json, title="parked")
    if more and not as_json:
        echo("There is more than these: deliver or settle these first.")


@click.command()
@home_option
@_member
@officer_option
@_node
@click.argument("digests", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything that is parked, instead of naming it.")
@click.option("--reason", required=True, help="What was mended; the log keeps it.")
@json_option
def again(
    home: Path,
    member: str,
    officer: str,
    node: str,
    digests: tuple[str, ...],
    every: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Have parked notices and documents delivered again; DIGESTS as `parked` shows them, at least 8 digits."""
    from compose.correct.correct_cli import whole
    from compose.shared.clients import of_member

    if every == bool(digests):
        raise InvalidRequest.of("digests", "OPTION", "name what to deliver again, or give --all")
    moved: list[parked_pb2.ParkedItem] = []
    with of_member(home, member, officer) as client:
        more = True
        while more:
            items, more = client.parked(node)
            if digests:
                wanted = {whole(said, {_digest(i) for i in items}, "digests") for said in digests}
                items, more = [i for i in items if _digest(i) in wanted], False
            for start in range(0, len(items), 200):
                moved += client.deliver_again(items[start : start + 200], reason)
    _tell(moved, as_json=as_json, title="on their way again")


def _digest(item: parked_pb2.ParkedItem) -> str:
    return (item.notice or item.document).hex()


def _tell(items: Sequence[parked_pb2.ParkedItem], *, as_json: bool, title: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "what": item.WhichOneof("what"),
            "digest": _digest(item),
            "sender": item.sender,
            "node": item.node,
            "reason": item.reason,
        }
        for item in items
    ]
    if as_json:
        echo_json(rows)
        return
    if not rows:
        echo("Nothing is parked." if title == "parked" else "Nothing was parked.")
        return
    from compose.shared.printing import Console, Table

    table = Table(title=title, title_justify="left")
    for heading in rows[0]:
        table.add_column(heading, overflow="fold", no_wrap=heading == "digest")
    for row in rows:
        table.add_row(*(str(v)[:16] if k == "digest" else str(v) for k, v in row.items()))
    Console().print(table)

"""`hutong node sealing`, `hutong node reseal`: what an agency does about seals at its own node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from certs.printing import echo, echo_json, write_json
from compose.shared.options import home_option, json_option, officer_option

node_option = click.option("--node", "name", required=True, help="Node of the own agency, e.g. police-1.")


@click.group()
def sealing() -> None:
    """Seals: certificate of who has acknowledged, objection to another holder's seal."""


@sealing.command()
@home_option
@node_option
@officer_option
@click.option("--reason", required=True, help="Why the sealed record is looked at; it is logged.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also save it, signed.")
@click.argument("record_id")
@json_option
def certificate(
    home: Path, name: str, officer: str, reason: str, out: Path | None, record_id: str, as_json: bool
) -> None:
    """Show which nodes have acknowledged that a record is sealed, each by its own signature (封存证明)."""
    from compose.node.sealing_showing import certificate_json, certificate_table
    from compose.shared.clients import of_node
    from federation.evidence.view import envelope_json

    with of_node(home, name, officer) as client:
        checked, signed = client.sealing_certificate(name, record_id, reason=reason)
    said = certificate_json(checked)
    if out is not None:
        file = {"format": "hutong-sealing-certificate-v1", **said, "envelope": envelope_json(signed)}
        write_json(out, file, indent=1)
    echo_json(said) if as_json else certificate_table(checked)


@sealing.command()
@home_option
@node_option
@officer_option
@click.option("--reason", required=True, help="Why it is made; it is logged.")
@click.option("--served-on", required=True, help="On whom it is served.")
@click.option("--capacity", default="", help='As what, when it is not the person: "法定代理人".')
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where to save it."
)
@click.argument("record_id")
@json_option
def notice(
    home: Path,
    name: str,
    officer: str,
    reason: str,
    served_on: str,
    capacity: str,
    out: Path,
    record_id: str,
    as_json: bool,
) -> None:
    """Make the notice that is served on the person whose record is sealed (犯罪记录封存通知书)."""
    from compose.shared.clients import of_node
    from federation.documents.file import render
    from federation.v1 import sealing_pb2

    body = sealing_pb2.NoticeOfSealing(
        record_id=record_id, served_on=served_on, capacity=capacity, reason=reason
    )
    with of_node(home, name, officer) as client:
        file = render(client.sealing_notice(name, body))
    write_json(out, file, indent=1)
    if as_json:
        echo_json({"number": file["document"]["number"], "file": str(out)})
    else:
        for text in [*file["text"], "", f"saved as {out}; check it with hutong verify {out}"]:
            echo(text)


@sealing.command("object")
@home_option
@node_option
@officer_option
@click.option("--reason", required=True, help="Why the seal is thought wrong; told to its proposer.")
@click.option("--version", "expected", type=int, required=True, help="Version that was looked at.")
@click.argument("record_id")
@json_option
def object_(
    home: Path, name: str, officer: str, reason: str, expected: int, record_id: str, as_json: bool
) -> None:
    """Object to another holder's seal. The record stays withheld; the proposer's people decide."""
    from compose.shared.clients import of_node
    from compose.shared.showing import message_json
    from federation.v1 import sealing_pb2

    body = sealing_pb2.SealingObjection(record_id=record_id, expected_version=expected, reason=reason)
    with of_node(home, name, officer) as client:
        receipt = client.object_to_seal(name, body)
    if as_json:
        echo_json(message_json(receipt))
    else:
        echo("the objection stands and goes to the proposer; the record stays withheld")


@click.command()
@home_option
@node_option
@officer_option
@click.option("--propose-again", is_flag=True, help="Also propose every seal again: a node was restored.")
@json_option
def reseal(home: Path, name: str, officer: str, propose_again: bool, as_json: bool) -> None:
    """Judge every record by today's profile and move those that stand otherwise; safe to repeat.

    A node does this by itself when another profile comes into force. This shows what a run finds.
    """
    from compose.node.sealing_showing import reseal_table
    from compose.shared.clients import of_node
    from compose.shared.printing import Console, Progress
    from federation.statements.seals import moved, summed

    pages = []
    with (
        of_node(home, name, officer) as client,
        Progress(console=Console(stderr=True), disable=as_json) as bar,
    ):
        task = bar.add_task("judged anew", total=None)
        for report in client.reseal(name, propose_again=propose_again):
            pages.append(report)
            bar.update(task, total=report.records, advance=report.judged)
        waiting = len(client.withheld(name))
    whole = summed(pages)
    said: dict[str, Any] = {
        "profile": whole.profile,
        "judged": whole.judged,
        "moved": moved(whole),
        "stand": [_move(m) for m in whole.moves],
        "waiting": waiting,
    }
    echo_json(said) if as_json else reseal_table(said)


def _move(move: Any) -> dict[str, Any]:
    from federation.values.words import sealing_word

    return {
        "before": sealing_word(move.before),
        "after": sealing_word(move.after),
        "records": move.records,
    }

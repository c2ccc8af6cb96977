"""`hutong conformance`: checks anybody's node or gateway from outside, and reports by named cases."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from certs.printing import echo_block
from compose.conformance import people
from compose.conformance.feeding import feed
from compose.conformance.kit import Kit
from compose.conformance.outcomes import TargetRole
from compose.conformance.parties import read_parties
from compose.conformance.registry import cases
from compose.conformance.running import CaseResult, Played, run
from compose.conformance.wire import Wire
from compose.shared.exit_codes import ExitCode
from compose.shared.options import json_option
from compose.shared.presenting import present
from compose.shared.printing import lines, listing, styled
from federation.charter.model import Charter, Gateway, Node
from federation.errors import InvalidRequest
from federation.values.identity import Installation

_COLOURS = {CaseResult.PASSED: "green", CaseResult.FAILED: "bold red", CaseResult.NOT_RUN: "yellow"}
#: Bytes of what was sent and received that the report shows, in hex; `--json` gives more of them.
_SHOWN, _KEPT = 48, 4096


@click.command(name="conformance")
@click.option("--target", help="Where the server listens: host:port.")
@click.option(
    "--certs",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with the certificates and keys of the parties that the kit plays.",
)
@click.option(
    "--role", type=click.Choice([each.value for each in TargetRole]), default="node", help="What it is."
)
@click.option("--installation", default="", help="Which one, if the charter names another address.")
@click.option("--case", "only", multiple=True, help="Run this case alone; can be given several times.")
@click.option(
    "--within",
    type=click.FloatRange(1, 3600),
    default=300.0,
    help="Seconds after which no case begins.",
    show_default=True,
)
@click.option(
    "--call",
    "call_s",
    type=click.FloatRange(0.1, 120),
    default=10.0,
    help="Seconds for a call.",
    show_default=True,
)
@click.option("--entered", is_flag=True, help="The records are in the register already.")
@click.option("--records", "print_records", is_flag=True, help="Print the records to enter, one JSON a line.")
@json_option
def conformance(
    target: str | None,
    certs: Path | None,
    role: str,
    installation: str,
    only: tuple[str, ...],
    within: float,
    call_s: float,
    entered: bool,
    print_records: bool,
    as_json: bool,
) -> None:
    """Check a node or gateway of any make, on the wire alone, for trying only: it needs keys of other members.

    To a node the kit is a gateway of the charter, to a gateway a client. --certs is the home of a local federation
    (`hutong up --home DIR`; put your server in the place of one of its own: same address, certificate and keys).
    Or it is a folder with the federation.json that `hutong window init` makes and a conformance.toml, in which
    [gateway], [asker], [registrar], [stranger] and [unentitled] each give installation, certificate, key, signing_key.

    Ends with 0 when every case passed, with 1 when one failed, and with 4 when none failed but some were not run.
    docs/node-contract.md says what each case shows.
    """
    if print_records:
        echo_block("\n".join(people.lines()))
        return
    if target is None or certs is None:
        raise click.UsageError("give --target and --certs")
    if unknown := sorted(set(only) - {case.name for case in cases()}):
        raise click.UsageError(f"no case {', '.join(unknown)}: docs/node-contract.md lists them")
    kind = TargetRole(role)
    parties = read_parties(certs, installation.partition("/")[0] or "police")
    server = _server(parties.charter, kind, target, installation)
    if kind is TargetRole.NODE:  # the register that is fed is the target's own
        parties = read_parties(certs, server.member)
    with Wire(target, server, parties.charter, call_s=call_s) as wire:
        kit = Kit(kind, parties, wire, without_records="" if entered else "no record was entered")
        if not entered:
            feed(kit, call_s=call_s)
        played = run(kit, within_s=within, only=only)
    count = Counter(each.result for each in played)
    document = {
        "target": target,
        "role": kind.value,
        "installation": str(server),
        "counts": {result.value: count[result] for result in CaseResult},
        "cases": [_as_json(each) for each in played],
    }
    present(document, as_json=as_json, table=lambda _: [_table(played), _sentence(count, server)], indent=2)
    if count[CaseResult.FAILED]:
        raise SystemExit(ExitCode.FAILED)
    if count[CaseResult.NOT_RUN]:
        raise SystemExit(ExitCode.INCOMPLETE)


def _server(charter: Charter, role: TargetRole, target: str, installation: str) -> Installation:
    """Return which server of the charter the target is; raises `InvalidRequest` when none is meant."""
    servers: list[Node | Gateway] = [*(charter.nodes if role is TargetRole.NODE else charter.gateways)]
    for server in servers:
        if installation == str(server.installation) or (not installation and server.endpoint == target):
            return server.installation
    named = ", ".join(f"{server.installation} at {server.endpoint}" for server in servers)
    raise InvalidRequest.of(
        "installation", "R9", f"the charter names no such {role}; name one with --installation: {named}"
    )


def _as_json(played: Played) -> dict[str, object]:
    case = played.case
    return {
        "case": case.name,
        "family": case.family.value,
        "requirements": list(case.requirements),
        "duty": case.duty,
        "result": played.result.value,
        "says": played.says,
        "sent": played.sent[:_KEPT].hex(),
        "received": played.received[:_KEPT].hex(),
    }


def _table(played: list[Played]) -> object:
    table = listing("", "case", "requirements", "result", "says", whole=("case", "result"))
    for each in played:
        says = each.says
        if each.result is CaseResult.FAILED:
            says += f"\nduty: {each.case.duty}"
            for what, content in (("sent", each.sent), ("received", each.received)):
                says += f"\n{what}: {len(content)} bytes {content[:_SHOWN].hex()}"
        result = styled(each.result.value, _COLOURS[each.result])
        table.add_row(each.case.name, ", ".join(each.case.requirements), result, lines(says.split("\n")))
    return table


def _sentence(count: Counter[CaseResult], server: Installation) -> str:
    return f"{server}: " + ", ".join(f"{count[result]} {result.value}" for result in CaseResult)

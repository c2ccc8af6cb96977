"""`hutong audit`: export a log, and verify an export with only a trusted charter."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from certs.commands import TellingGroup
from certs.printing import echo_json, visible_json
from compose.evidence.open_cli import open_command
from compose.shared.at import At, at
from compose.shared.clients import of_server
from compose.shared.presenting import present
from compose.shared.printing import Console, Table, echo, styled
from compose.trust.pins import CharterAtTime, trust
from compose.trust.trust_options import trust_options
from federation.errors import Corrupt
from federation.evidence.checkpoint import read_checkpoint
from federation.evidence.entry import MEANING
from federation.evidence.export import checkpoint_line, entry_line, header_line
from federation.evidence.export_check import ExportReport, verify_export
from federation.evidence.view import read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock


@click.group(cls=TellingGroup)
def audit() -> None:
    """Logs as evidence: export one, and check an export without its server."""


@audit.command(name="verify")
@click.argument("export", type=click.File("rb"))
@click.option(
    "--known",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    multiple=True,
    help="A checkpoint of this log that somebody else kept (DSSE JSON): the export must reach and match it.",
)
@trust_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def verify_command(
    export: BinaryIO,
    known: tuple[Path, ...],
    home: Path | None,
    charter: Path | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Check an exported log ("-" is standard input): every entry, its place, and every signed checkpoint.

    Ends with 1 when anything fails. Reads the export once, in constant memory.
    """
    lines = iter(export)
    first = next(lines, b"")
    trusted = trust(_named_federation(first), home=home, charter=charter, root=root)
    report = verify_export(
        chain([first] if first else [], lines),
        CharterAtTime(trusted),
        known=[_checkpoint(path) for path in known],
    )
    present(report, as_json=as_json, document=as_document, table=show, indent=2)
    if not report.holds:
        raise SystemExit(1)


@audit.command()
@at()
@click.option("--server", required=True, help="Server whose log to export, e.g. police-1 or gateway-1.")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True))
def export(at: At, server: str, file: TextIO) -> None:
    """Export the log of SERVER in clear to FILE ("-" is standard output), up to its newest checkpoint.

    For the operators and auditors of the server's own member; the export leaves entries of its own.
    """
    if at.as_json and file.name == "-":
        raise click.UsageError("--json says what was exported on standard output: give the export a FILE")
    opened, installation = of_server(at.home, server, at.officer)
    with opened as client:
        client.evidence.collect(installation)
        newest = client.evidence.checkpoint(installation)
        size = read_checkpoint(newest).size
        charter = client.charter
        header = header_line(
            federation=charter.federation,
            installation=str(installation),
            charter=charter,
            exported_at=clock.now(),
            newest=newest,
        )
        file.write(visible_json(header))
        for entry in islice(client.evidence.entries(installation), size):
            file.write(visible_json(entry_line(entry.index, entry.salt, entry.body)))
        file.write(visible_json(checkpoint_line(newest)))
    if at.as_json:
        echo_json({"installation": str(installation), "entries": size, "file": file.name})
    else:
        echo(f"{size:,} entries of {installation}; check with: hutong audit verify", err=True)


audit.add_command(open_command)


def as_document(report: ExportReport) -> dict[str, object]:
    """Return the report as plain JSON values."""
    return {
        "holds": report.holds,
        "federation": report.federation,
        "installation": report.installation,
        "entries": report.entries,
        "covered": report.covered,
        "checkpoints": report.checkpoints,
        "root": report.root,
        "kinds": dict(sorted(report.kinds.items())),
        "findings": [{"line": finding.line, "says": finding.says} for finding in report.findings],
    }


def show(report: ExportReport) -> None:
    """Print the counts by kind, the range covered, and every finding."""
    meanings = {kind.value: text for kind, text in MEANING.items()}
    table = Table("kind", "entries", "what it accounts for", title=f"Log of {report.installation}")
    for kind, count in sorted(report.kinds.items()):
        table.add_row(kind, f"{count:,}", meanings.get(kind, ""))
    console = Console()
    console.print(table)
    covered = f"{report.covered:,} of them under {report.checkpoints:,} signed checkpoints"
    console.print(f"{report.entries:,} entries, {covered}")
    for finding in report.findings:
        console.print(styled(f"line {finding.line}: {finding.says}", "red"), highlight=False)
    holds = "The export holds." if report.holds else "The export does NOT hold."
    console.print(styled(holds, "green" if report.holds else "bold red"), highlight=False)


def _checkpoint(path: Path) -> Envelope:
    return read_envelope(read_json(path.read_bytes()))


def _named_federation(line: bytes) -> str:
    """Return the federation that the header names, used only to choose among charters trusted already."""
    header = read_json(line)
    if not isinstance(header, dict) or not isinstance(header.get("federation"), str):
        raise Corrupt("the export begins with no header that names its federation")
    return str(header["federation"])

"""`python -m bench`: measure what was promised, on this machine, and say whether it holds."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable

import click
from rich.console import Console

from bench import (
    asking,
    entering,
    importing,
    intake,
    meanwhile,
    pairs,
    peer,
    report,
    sealing,
    size,
    starting,
    writing,
)
from bench.report import Measured

PARTS: dict[str, Callable[..., Measured]] = {
    "enter": entering.measure,
    "import": importing.measure,
    "ask": asking.measure,
    "intake": intake.measure,
    "seals": sealing.measure,
    "meanwhile": meanwhile.measure,
    "pairs": pairs.measure,
    "start": starting.measure,
    "size": size.measure,
    "peer": peer.measure,
    "write": writing.measure,
}


@click.command()
@click.option("--quick", is_flag=True, help="Less of everything: about a minute.")
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="Only these parts.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def main(quick: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Measure what Hutong promises of speed and size."""
    console = Console(stderr=as_json, width=None if os.isatty(2 if as_json else 1) else 140)
    with tempfile.TemporaryDirectory(prefix="hutong-bench-state-") as state:
        os.environ["XDG_STATE_HOME"] = state  # throw-away federations leave no pinned charters behind
        measured = []
        for name in only or PARTS:
            with console.status(f"measuring: {name}"):
                measured.append(PARTS[name](quick=quick))
    if as_json:
        document = {"machine": report.machine(), "measured": [part.as_json() for part in measured]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        report.show(console, measured)


if __name__ == "__main__":
    main()

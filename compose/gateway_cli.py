"""`hutong gateway`: run a gateway replica."""

from __future__ import annotations

from pathlib import Path

import click

from compose.options import settings_or_fail


@click.group()
def gateway() -> None:
    """Set up and run a gateway."""


@gateway.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the gateway.")
def init(home: Path) -> None:
    """Make the gateway's folder and secret keys. Nothing that exists is replaced."""
    from gateway.app import init as make

    make(home)
    click.echo(
        f"keys are in {home}/keys; next: settings.toml and a certificate (README, Run a node for real)"
    )


@gateway.command()
@click.option(
    "--home", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the gateway."
)
def run(home: Path) -> None:
    """Run the gateway in the foreground until it is told to stop (SIGTERM)."""
    from compose.serving import serve
    from federation.settings import GatewaySettings
    from gateway.app import running

    serve(running(settings_or_fail(GatewaySettings, home.resolve())), home.resolve())

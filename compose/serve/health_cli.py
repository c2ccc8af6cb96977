"""`hutong health`: is the server on this machine ready? For service managers and containers."""

from __future__ import annotations

import http.client

import click

from certs.printing import echo
from compose.shared.options import json_option
from compose.shared.presenting import present
from federation.errors import InvalidRequest
from server.settings import insist_address
from server.watching import READY

#: Seconds after which a server that does not answer counts as hung.
_PATIENCE_S = 5.0


@click.command()
@click.argument("address")
@json_option
def health(address: str, as_json: bool) -> None:
    """Say whether the server whose setting `watch_listen` is ADDRESS is ready; exit code 1 when it is not."""
    try:
        host, _, port = insist_address(address).rpartition(":")
    except ValueError as error:
        raise InvalidRequest.of("address", "SETTING", str(error)) from None
    line = http.client.HTTPConnection(host, int(port), timeout=_PATIENCE_S)
    try:
        line.request("GET", "/ready")
        with line.getresponse() as answered:
            says = answered.read(2000).decode("utf-8", "replace").strip()
        ready = answered.status == http.client.OK and says == READY
        if answered.status == http.client.OK and not ready:  # any web server answers 200
            says = f"what answers on {address} is no server of Hutong: give the address that `watch_listen` names"
    except (OSError, http.client.HTTPException) as error:
        ready = False
        says = f"nothing answers on {address} ({error}): see whether the server runs and what its log says"
    finally:
        line.close()
    if as_json:
        present({"address": address, "ready": ready, "says": says}, as_json=True, table=lambda _: says)
    else:
        echo(says, err=not ready)
    if not ready:
        raise SystemExit(1)

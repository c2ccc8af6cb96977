"""Set up an installation's folder: its keys, its request file, and a server's settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import tomlkit

from certs.installation_request import (
    REQUEST,
    SIGNING_KEY,
    TLS_KEY,
    make_keys,
    make_request,
    read_request,
    shows,
)
from certs.request_files import read_from, write_request
from certs.signed_requests import insist_reachable
from federation.errors import InvalidRequest
from federation.values.identity import Installation, Kind
from server.settings import insist_address


def insist_set_up(
    home: Path, installation: str, kind: Kind, *, listen: str = "", endpoint: str = ""
) -> Installation:
    """Return the installation; raises `InvalidRequest` when its name or an address cannot be used.

    Raises it also when `home` belongs to another installation. Called before anything is written.
    """
    try:
        who = Installation.parse(installation)
    except ValueError as error:
        raise InvalidRequest.of("installation", "FORMAT", str(error)) from None
    if who.kind is not kind:
        raise InvalidRequest.of("installation", "FORMAT", f"is no {kind}: write member/{kind}/name")
    for field, address, insist in (
        ("listen", listen, insist_address),
        ("endpoint", endpoint, insist_reachable),
    ):
        try:
            insist(address or _ANY)
        except ValueError as error:
            raise InvalidRequest.of(field, "ADDRESS", str(error)) from None
    other = _owner(home)
    if other not in ("", str(who)):
        raise InvalidRequest.of(
            "home", "INSTALLATION", f"{home} is the folder of {other}: choose another one"
        )
    return who


def _owner(home: Path) -> str:
    """Return the installation that is set up in `home`; "" for none. One of an earlier version has no request file."""
    if (home / REQUEST).exists():
        return str(read_from(home / REQUEST, read_request).installation)
    settings = home / "settings.toml"
    return str(tomlkit.parse(settings.read_bytes()).get("installation", "")) if settings.exists() else ""


def set_up(
    home: Path,
    who: Installation,
    *,
    listen: str,
    endpoint: str,
    charter: Path,
    charter_root: Path | None,
) -> dict[str, str]:
    """Create the missing files of a server in `home`; return what was made. Existing files are never replaced.

    Others reach it at `endpoint`; where that is not given at `listen`, if it names a host and a port.
    """
    make_keys(home)
    path = home / "settings.toml"
    if not path.exists():
        settings = {
            "installation": str(who),
            "listen": listen,
            "charter": str(charter.resolve()),
            "certificate": "tls.pem",
            "key": TLS_KEY,
            "signing_key": SIGNING_KEY,
        }
        if charter_root is not None:
            settings["charter_root"] = str(charter_root.resolve())
        path.write_text(tomlkit.dumps(settings), "utf-8")
    return made_of(home, who, endpoint, otherwise=listen if _reaches(listen) else "")


def _reaches(listen: str) -> bool:
    """Say whether others can reach a server at the address on which it listens, as far as its form shows."""
    try:
        return insist_reachable(listen).rpartition(":")[0] not in _EVERYWHERE
    except ValueError:
        return False


@contextmanager
def reading_keys() -> Iterator[None]:
    """Say `InvalidRequest` for a key or certificate in a home that cannot be read, which its command prints."""
    try:
        yield
    except ValueError as error:
        raise InvalidRequest.of("home", "KEY", str(error)) from None


@reading_keys()
def made_of(home: Path, who: Installation, endpoint: str = "", *, otherwise: str = "") -> dict[str, str]:
    """Write the request file of an installation that is set up, unless it is there; return what others need of it.

    One that shows other keys than those in `home`, or another address than a given `endpoint`, is written anew.
    Where no address is given, the former request's stays; else others reach it at `otherwise`.
    """
    request = home / REQUEST
    former = read_from(request, read_request) if request.exists() else None
    if former is None or not shows(former, home) or endpoint not in ("", former.endpoint):
        reached = endpoint or (former.endpoint if former is not None else "") or otherwise
        write_request(request, make_request(home, who, reached))
    asked = read_from(request, read_request)
    return {
        "installation": str(who),
        "home": str(home),
        "public": asked.signing_key.hex(),
        "request": str(request),
        "endpoint": asked.endpoint,
    }


def next_steps(made: Mapping[str, str], then: str) -> list[str]:
    """Return the lines that say what was made of an installation and what to do next; `then` is the last command."""
    home, request = made["home"], made["request"]
    lines = [
        f"{made['installation']} is set up in {home}",
        f"  public signing key, as the draft of the charter will show it: {made['public']}",
        f"  request file: {request}",
    ]
    if Installation.parse(made["installation"]).kind is not Kind.CLIENT:
        where = made["endpoint"] or "not stated: give --endpoint before it joins a charter"
        lines.append(f"  others reach it at: {where}")
    return [*lines, f"  next: hutong certs issue --csr {request} ... into {home}/tls.pem, then {then}"]


#: Stands for an address that is not given; and hosts that say where to listen, not where others reach a server.
_ANY = "127.0.0.1:1"
_EVERYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104

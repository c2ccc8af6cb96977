"""The parties that the kit plays, from a folder with their certificates and keys.

The folder holds `federation.json`, which names charter and root. The home of a local federation (`hutong up`) holds all
parties besides. Any other folder says in `conformance.toml` where they are: a table for each, with `installation`,
`certificate`, `key` and `signing_key`, by paths relative to the folder.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from compose.local.layout import GATEWAY, Layout, client_installation
from federation.charter.model import Charter
from federation.charter.own_key import accepted
from federation.charter.trust import CharterTrust
from federation.client.description import is_local, read_description
from federation.errors import InvalidRequest
from federation.transport.pair import matching_pair
from federation.values import clock
from federation.values.identity import Installation
from federation.values.keys import Signer

FILE = "conformance.toml"
#: Who signs questions of the kit, unless the folder names another officer.
OFFICER = "王检察官"
_NAMES = ("gateway", "asker", "registrar", "stranger", "unentitled")
_LOCAL = {
    "asker": "procuratorate",
    "stranger": "court",
    "unentitled": "prison",
}


@dataclass(frozen=True, slots=True)
class Party:
    """One installation that the kit plays."""

    installation: Installation
    certificate: Path
    key: Path
    signing_key: Path

    def signer(self) -> Signer:
        """Return the installation with its signing key."""
        return Signer.load(self.signing_key, self.installation)


@dataclass(frozen=True, slots=True)
class Parties:
    """All parties that the folder has; None for one that it lacks."""

    charter: Charter
    officer: str
    #: The gateway as which the kit calls a node.
    gateway: Party | None
    #: The client whose officer asks.
    asker: Party | None
    #: A client of a node's own member, which enters the records that some cases ask about.
    registrar: Party | None
    #: A client of another member than the asker's.
    stranger: Party | None
    #: An installation whose signing key may not ask.
    unentitled: Party | None


def read_parties(folder: Path, member: str) -> Parties:
    """Return the parties in `folder`; `member` is whose register is fed in a local federation.

    Raises `NotFound`, `CharterUnusable` or `InvalidRequest` naming what is missing.
    """
    folder = folder.resolve()
    description = read_description(folder / "federation.json")
    charter = CharterTrust(description.published, description.state, description.root).refresh()
    named: dict[str, Any] = {}
    if (folder / FILE).is_file():
        try:
            named = tomllib.loads((folder / FILE).read_text("utf-8"))
            found = {name: _party(folder, named[name]) for name in _NAMES if name in named}
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, OSError) as error:
            raise InvalidRequest.of(FILE, "SETTING", f"cannot be read: {error!r}") from None
    elif is_local(folder, description.published):
        layout = Layout(folder)
        found = {name: _local(layout, client_installation(who)) for name, who in _LOCAL.items()}
        found["gateway"] = _local(layout, GATEWAY)
        found["registrar"] = _local(layout, client_installation(member))
    else:
        raise InvalidRequest.of(
            "certs", "SETTING", f"{folder} is no local federation and has no {FILE}: name the parties there"
        )
    for name, party in found.items():
        if wrong := _fault(party, charter):
            raise InvalidRequest.of(f"certs.{name}", "SETTING", wrong)
    parties = {name: found.get(name) for name in _NAMES}
    return Parties(charter=charter, officer=str(named.get("officer", OFFICER)), **parties)


def _party(folder: Path, row: dict[str, str]) -> Party:
    party = Party(
        Installation.parse(row["installation"]),
        folder / row["certificate"],
        folder / row["key"],
        folder / row["signing_key"],
    )
    for path in (party.certificate, party.key, party.signing_key):
        path.read_bytes()
    party.signer()
    return party


def _fault(party: Party, charter: Charter) -> str:
    """Return why a right server would turn the party away whatever it asks, "" for no reason."""
    if not accepted(party.signer().held, party.installation, charter, at=clock.now()):
        return f"the charter does not list {party.signing_key} for {party.installation}"
    try:
        chain, _ = matching_pair(party.certificate, party.key)
        names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        return f"{party.certificate} with {party.key}: {error}"
    named = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    if named != [party.installation.spiffe(charter.federation)]:
        return f"{party.certificate} is no certificate of {party.installation}"
    return ""


def _local(layout: Layout, who: Installation) -> Party:
    folder = layout.folder(who)
    return Party(who, folder / "tls.pem", folder / "tls.key", folder / "signing.key")

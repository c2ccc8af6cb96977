"""The signing key and the TLS key of an installation, those that are to follow them, and how long each holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from certs.installation_request import REQUEST, make_key_files, read_request, request_for
from certs.request_files import read_from, write_request
from compose.serve.server_setup import reading_keys
from federation.charter.model import Charter, InstallationEntry
from federation.errors import InvalidRequest
from federation.transport.pair import matching_pair
from federation.values.clock import stamp
from federation.values.identity import Installation
from federation.values.keys import SigningKey, next_of
from server.settings import ServerSettings

NEXT_REQUEST = f"next.{REQUEST}"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Where an installation has its keys, and where it finds the charter."""

    home: Path
    installation: Installation
    certificate: Path
    key: Path
    signing_key: Path


def own_keys(home: Path, settings: ServerSettings | None) -> OwnKeys:
    """Return where the server with these settings, or the window in `home`, has its keys.

    Raises `InvalidRequest` for another folder. Of a server the settings count, not their file: variables of the
    environment override it, for the server as here.
    """
    try:
        if settings is not None:
            who = Installation.parse(settings.installation)
            return OwnKeys(home, who, settings.certificate, settings.key, settings.signing_key)
        members = json.loads((home / "federation.json").read_text("utf-8"))["members"]
        [says] = members.values()
        who = Installation.parse(says["installation"])
        return OwnKeys(
            home, who, home / says["cert"], home / str(says["key"]), home / str(says["signing_key"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidRequest.of(
            "home",
            "FORMAT",
            f"{home} is no folder that `init` of a node, gateway or window has made: it needs settings.toml, or "
            "federation.json with one installation",
        ) from None


@reading_keys()
def make_next(own: OwnKeys, endpoint: str) -> dict[str, str]:
    """Make the keys that are to follow, and their request file; what was made before stays, so it can be repeated."""
    request, former = own.home / NEXT_REQUEST, own.home / REQUEST
    if not endpoint and former.exists():
        endpoint = read_from(former, read_request).endpoint
    signing, tls = next_of(own.signing_key), next_of(own.key)
    make_key_files(signing, tls)
    write_request(request, request_for(signing, tls, own.installation, endpoint))
    return {
        "installation": str(own.installation),
        "public": SigningKey.load(signing).public.hex(),
        "request": str(request),
        "endpoint": endpoint,
    }


@reading_keys()
def state_of(own: OwnKeys, charter: Charter, *, at: datetime) -> dict[str, object]:
    """Return how long signing key and certificate hold, what is to follow them, and what is due; raises `OSError`."""
    entry = charter.installations.get(own.installation)
    chain, _ = matching_pair(own.certificate, own.key)
    leaf = x509.load_pem_x509_certificate(chain)
    facts: dict[str, object] = {"installation": str(own.installation), "charter": charter.version}
    due = []
    for name, path in (("signing_key", own.signing_key), ("next_signing_key", next_of(own.signing_key))):
        if path.exists():
            key = SigningKey.load(path)
            facts[name] = {"public": key.public.hex(), **_listed(key, entry)}
    ends = _ends(SigningKey.load(own.signing_key), entry)
    if ends is None:
        due.append(f"the charter does not list {own.signing_key.name}: have the authority list it")
    elif at >= ends[0] + (ends[1] - ends[0]) / 2 and not next_of(own.signing_key).exists():
        due.append(f"the signing key is past half of its time, which ends at {stamp(ends[1])}: make the next")
    facts["certificate"] = {
        "serial": f"{leaf.serial_number:x}",
        "not_after": stamp(leaf.not_valid_after_utc),
    }
    facts["next_tls_key"] = next_of(own.key).exists()
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    if at >= leaf.not_valid_before_utc + life / 2:
        due.append(
            f"the certificate is past half of its time, which ends at {stamp(leaf.not_valid_after_utc)}: renew it"
        )
    return facts | {"due": due}


def _listed(key: SigningKey, entry: InstallationEntry | None) -> dict[str, object]:
    ends = _ends(key, entry)
    if ends is None:
        return {"listed": False}
    return {"listed": True, "not_before": stamp(ends[0]), "not_after": stamp(ends[1])}


def _ends(key: SigningKey, entry: InstallationEntry | None) -> tuple[datetime, datetime] | None:
    for each in entry.keys if entry is not None else ():
        if each.keyid == key.keyid:
            return each.not_before, each.not_after
    return None

"""Set up a server's folder: signing key and settings file; the secret keys are made by the server's package."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from certs.signing import load_signing_key, new_signing_key, public_of
from federation.errors import InvalidRequest
from federation.values.identity import Installation, Kind
from server.settings import insist_address


def insist_set_up(installation: str, kind: Kind, *, listen: str) -> Installation:
    """Return the installation; raises `InvalidRequest` when its name or its address cannot be used.

    Called before anything is written.
    """
    try:
        who = Installation.parse(installation)
    except ValueError as error:
        raise InvalidRequest.of("installation", "FORMAT", str(error)) from None
    if who.kind is not kind:
        raise InvalidRequest.of("installation", "FORMAT", f"is no {kind}: write member/{kind}/name")
    try:
        insist_address(listen)
    except ValueError as error:
        raise InvalidRequest.of("listen", "ADDRESS", str(error)) from None
    return who


def set_up(
    home: Path, installation: str, kind: Kind, *, listen: str, charter: Path, charter_root: Path | None
) -> dict[str, str]:
    """Create the missing files in `home`; return who it is and its public key. Existing files are never replaced."""
    who = insist_set_up(installation, kind, listen=listen)
    signing_key = home / "signing.key"
    if not signing_key.exists():
        new_signing_key(signing_key)
    path = home / "settings.toml"
    if not path.exists():
        settings = {
            "installation": str(who),
            "listen": listen,
            "charter": str(charter.resolve()),
            "certificate": str(home.resolve() / "tls.pem"),
            "key": str(home.resolve() / "tls.key"),
            "signing_key": str(signing_key.resolve()),
        }
        if charter_root is not None:
            settings["charter_root"] = str(charter_root.resolve())
        path.write_text(tomlkit.dumps(settings), "utf-8")
    public = public_of(load_signing_key(signing_key)).hex()
    return {"installation": str(who), "home": str(home), "public": public}

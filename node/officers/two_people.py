"""Two officers are two people (R34): two names, and where officers are registered, two signatures of their own."""

from __future__ import annotations

from federation.errors import PermissionDenied
from federation.values.officers import same_officer
from server.opening import Act


def insist_another(act: Act, *, officer: str, installation: str, own_key: bool) -> None:
    """Raise `PermissionDenied` unless `act` is another person's than that of the first officer.

    The first one acted through `installation`, and signed with a key of their own if `own_key`.
    """
    if same_officer(officer, act.officer):
        raise PermissionDenied(
            f"{officer} has already decided: a second officer must (R34)", reason="SAME_OFFICER"
        )
    insist_another_signature(act, officer=officer, installation=installation, own_key=own_key)


def insist_another_signature(act: Act, *, officer: str, installation: str, own_key: bool) -> None:
    """Raise `PermissionDenied` if one person at an installation may have signed for both officers.

    Where officers are registered, the two sign through two installations, or both with keys of their own; elsewhere
    an officer is a name that the installation vouches for.
    """
    if act.known.registered and installation == str(act.installation) and not (own_key and act.known.own_key):
        raise PermissionDenied(
            f"{officer} took part through {installation} too: sign both with the officers' own keys, or sign this "
            "through another installation (R34)",
            reason="ONE_SIGNER",
        )

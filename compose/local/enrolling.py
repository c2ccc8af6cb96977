"""Registration of a local federation's officers at their node, each with a key of their own in the window's folder."""

from __future__ import annotations

from collections.abc import Sequence

from certs.signing import new_signing_key
from compose.local.layout import NODES, Layout
from federation.client import Client
from federation.client.officer_keys import write_entry

_REASON = "本地联邦登记"


def enrol(layout: Layout, agency: str, names: Sequence[str]) -> None:
    """Register these officers of an agency at its node, where nobody is registered yet.

    The first of them registers herself and then the others, each with a key of their own. Unsafe, as everything local
    is: all keys lie on one machine.
    """
    folder = layout.officers(agency)
    folder.mkdir(mode=0o700)
    for number, name in enumerate(names, start=1):
        id = f"o{number:02d}"
        key = new_signing_key(folder / f"{id}.key")
        with Client.open(layout.description, agency, officer=names[0]) as client:
            client.officers(NODES[agency]).register(id, name, key=key, reason=_REASON)
        write_entry(folder, id=id, name=name, key=f"{id}.key")

"""The officers of one window as its folder describes them: id, registered name, and the key of their own, if any.

The folder holds one file for each officer, `ID.json` with id, name and the name of the key's file next to it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from federation.errors import CharterUnusable
from federation.values.identity import Installation
from federation.values.keys import Signer
from federation.values.officers import same_officer


@dataclass(frozen=True, slots=True)
class OfficerEntry:
    """An officer who acts through a client: the name, the id if registered, and the key if there is one."""

    name: str
    id: str = ""
    key: Path | None = None

    def signer(self, installation: Installation) -> Signer | None:
        """Return the signer of the officer's own key."""
        return None if self.key is None else Signer.load(self.key, installation)


def officer_entry(folder: Path | None, wanted: str) -> OfficerEntry:
    """Return the officer of that id or name in `folder`; one who is not there is known by name alone."""
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        try:
            content = json.loads(path.read_text("utf-8"))
            entry = OfficerEntry(
                content["name"], content["id"], path.parent / content["key"] if content["key"] else None
            )
        except (OSError, ValueError, KeyError, TypeError):
            raise CharterUnusable(
                f"{path} describes no officer: it gives id, name and key", reason="OFFICER_FILE"
            ) from None
        if wanted == entry.id or same_officer(wanted, entry.name):
            return entry
    return OfficerEntry(wanted)


def write_entry(folder: Path, *, id: str, name: str, key: str) -> None:
    """Write the description of an officer; `key` is the name of the key's file in the same folder, or ""."""
    text = json.dumps({"id": id, "name": name, "key": key}, ensure_ascii=False, indent=2)
    path = folder / f"{id}.json"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    path.chmod(0o600)  # also one that was there

"""An installation's own signing key, as the charter sees it."""

from __future__ import annotations

from datetime import datetime

from federation.charter.model import Charter
from federation.values.identity import Installation
from federation.values.keys import SigningKey


def accepted(key: SigningKey, installation: Installation, charter: Charter, *, at: datetime) -> bool:
    """Say whether the charter lists the key for the installation, valid at that moment."""
    entry = charter.installations.get(installation)
    return entry is not None and any(
        each.keyid == key.keyid and each.not_before <= at < each.not_after for each in entry.keys
    )

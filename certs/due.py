"""What of a charter is past half of its time: parts, signing keys and authorities, so that nobody is surprised."""

from __future__ import annotations

from datetime import datetime

from tuf.api.metadata import Timestamp

from certs.terms import part_ends, terms_of
from federation.charter.load import Loaded
from federation.values.clock import stamp


def ends_of(loaded: Loaded) -> dict[str, datetime]:
    """Return by role when the newest metadata of a charter ends; the policy's is called "policy"."""
    return part_ends(loaded.files)


def due(loaded: Loaded, *, at: datetime) -> list[str]:
    """Return a sentence for everything that is past half of its time at this moment, and says what to do."""
    found = [term.says for term in terms_of(loaded.charter, loaded.files) if at >= term.half]
    ends = ends_of(loaded)[Timestamp.type]
    if at >= loaded.issued + (ends - loaded.issued) / 2:
        found.append(f"{Timestamp.type} ends at {stamp(ends)}: hutong charter refresh")
    return found

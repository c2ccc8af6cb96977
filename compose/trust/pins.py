"""The charters that this machine trusts for checking evidence offline: named on the command, or pinned before.

An answer or an export names its federation; that name only selects among charters that the verifier already trusts.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from federation.charter.load import verify_at
from federation.charter.model import Charter
from federation.client.description import read_description
from federation.errors import CharterUnusable

ROOT = Path("metadata") / "1.root.json"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LARGEST_FILE = 8 * 1024 * 1024


@dataclass(frozen=True)
class PinnedCharter:
    """A published charter that the verifier relies on, and its root of trust; `where` is for people."""

    files: Mapping[str, bytes]
    root: bytes
    where: str


class CharterAtTime:
    """Returns the trusted charter if it was valid at a given moment; verifies it again only for later moments."""

    def __init__(self, trusted: PinnedCharter) -> None:
        self._trusted = trusted
        self._verified: tuple[datetime, Charter] | None = None

    def __call__(self, moment: datetime) -> Charter:
        """Return the charter; raises `CharterUnusable` when its metadata had run out at `moment`.

        A charter valid at one moment counts as valid at every earlier one: only the end of validity is checked.
        """
        if self._verified is None or moment > self._verified[0]:
            self._verified = (moment, verify_at(self._trusted.files, self._trusted.root, moment))
        return self._verified[1]


def trust(
    federation: str, *, home: Path | None, charter: Path | None, root: Path | None = None
) -> PinnedCharter:
    """Return the charter to trust for `federation`, or raise `CharterUnusable` saying what to do.

    The first of these is used: a published charter directory (with `root`, or the first root inside it), the
    federation that `federation.json` in `home` describes and pins, the one at $HUTONG_HOME, the copy pinned on this
    machine.
    """
    environment = os.environ.get("HUTONG_HOME")
    if charter is not None:
        return _read(charter, root)
    if home is not None or environment:
        description = read_description((home or Path(environment or "")) / "federation.json")
        trusted = _read(description.published, root)
        return trusted if root is not None else replace(trusted, root=description.root)
    return find(federation, root=root)


def pin(federation: str, published_dir: Path) -> Path:
    """Keep a copy of a published charter and its root, to check answers of `federation` when the charter is gone.

    The first root ever pinned stays: another one under the same name is refused with `CharterUnusable`.
    """
    place = _place(federation)
    trusted = _read(published_dir, None)
    kept = place / "root.json"
    if kept.exists() and kept.read_bytes() != trusted.root:
        raise CharterUnusable(
            f"{federation} is pinned with another root: remove {place} if it was founded anew",
            reason="CHARTER_NOT_TRUSTED",
        )
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(mkdtemp(prefix=f".{federation}.", dir=place.parent))
    for name, content in {**trusted.files, "root.json": trusted.root}.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if place.exists():
        shutil.rmtree(place)
    fresh.rename(place)
    return place


def find(federation: str, *, root: Path | None = None) -> PinnedCharter:
    """Return the pinned charter of `federation`; raises `CharterUnusable` saying what to do without one."""
    place = _place(federation)
    if not (place / "root.json").is_file():
        raise CharterUnusable(
            f"no charter of {federation} is pinned here: give --home DIR (a local federation) or "
            "--charter DIR (its published charter, from a source you trust), or set HUTONG_HOME",
            reason="CHARTER_NOT_TRUSTED",
        )
    return _read(place, root or place / "root.json")


def _place(federation: str) -> Path:
    if not _NAME.fullmatch(federation) or ".." in federation:
        raise CharterUnusable(f"{federation[:60]!r} is no name of a federation", reason="CHARTER_NOT_TRUSTED")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "hutong" / "federations" / federation


def _read(published: Path, root: Path | None) -> PinnedCharter:
    """Read a published charter: `metadata/` and `targets/`, and no other files that may be there."""
    files = {
        path.relative_to(published).as_posix(): path.read_bytes()
        for folder in ("metadata", "targets")
        for path in sorted((published / folder).rglob("*"))
        if path.is_file() and path.stat().st_size <= _LARGEST_FILE
    }
    pinned = root or published / ROOT
    try:
        return PinnedCharter(files, pinned.read_bytes(), str(published))
    except OSError:
        raise CharterUnusable(
            f"{published} is no published charter: it has no {ROOT}; name the root with --root",
            reason="CHARTER_NOT_TRUSTED",
        ) from None

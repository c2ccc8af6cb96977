"""Reading a published charter: TUF metadata verified by python-tuf, then its files parsed into the model."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import DownloadError, DownloadHTTPError, ExpiredMetadataError, RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from federation.charter.installations import installations_path
from federation.charter.model import Charter
from federation.charter.parse import POLICY, authorities_of, parse_charter
from federation.errors import CharterUnusable
from federation.values.clock import stamp
from federation.values.identity import MemberId

#: As of this moment no metadata has run out: for reading what is to be renewed, never for relying on it.
WHATEVER_AGE = datetime(1970, 1, 1, tzinfo=UTC)

ISSUED = "x-hutong-issued"
"""The signed field of timestamp metadata that says when it was made, from which half its life is computed."""


class DirectoryFetcher(FetcherInterface):
    """Reads what a publisher laid out under a directory: `metadata/` and `targets/`."""

    def __init__(self, published: Path) -> None:
        self._published = published.resolve()

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = (self._published / url).resolve()
        if not path.is_relative_to(self._published):
            raise DownloadError(f"{url} lies outside what is published")
        try:
            return iter([path.read_bytes()])
        except FileNotFoundError as error:
            raise DownloadHTTPError(f"{url} is not published", 404) from error


class MemoryFetcher(FetcherInterface):
    """Serves published files from a mapping of the same names, as `GetCharter` hands them out."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url not in self._files:
            raise DownloadHTTPError(f"{url} is not among the files", 404)
        return iter([self._files[url]])


@dataclass(frozen=True)
class Loaded:
    """A verified charter, the files that prove it, and when the first of its metadata runs out."""

    charter: Charter
    files: Mapping[str, bytes]
    timestamp_version: int
    issued: datetime
    expires: datetime
    expires_first: str


def load(fetcher: FetcherInterface, state: Path, root: bytes | None, *, at: datetime) -> Loaded:
    """Return the charter that `fetcher` offers, verified as of `at`, or raise `CharterUnusable`.

    `state` keeps the newest metadata seen and is what makes going back impossible. `root` is the pinned root
    metadata; None relies on the root already in `state`.
    """
    metadata, targets = state / "metadata", state / "targets"
    metadata.mkdir(parents=True, exist_ok=True)
    targets.mkdir(parents=True, exist_ok=True)
    try:
        updater = Updater(str(metadata), "metadata/", str(targets), "targets/", fetcher, bootstrap=root)
        # The client takes the machine's clock; an old answer is judged by the time it was given.
        updater._trusted_set.reference_time = at
        updater.refresh()
        files = {POLICY: _target(updater, POLICY)}
        authorities = authorities_of(files[POLICY])
        for authority in authorities:
            files[installations_path(authority)] = _target(updater, installations_path(authority))
    except ExpiredMetadataError as error:
        raise _expired(error, fetcher, at) from error
    except (RepositoryError, DownloadError) as error:
        raise CharterUnusable(
            f"the charter does not verify: {error}", reason="CHARTER_NOT_VERIFIED"
        ) from error
    except OSError as error:
        raise CharterUnusable(f"the charter cannot be read: {error}", reason="CHARTER_UNREADABLE") from error
    return _assemble(metadata, files, authorities, at=at)


def verify_at(published: Mapping[str, bytes], root: bytes, at: datetime) -> Charter:
    """Return the charter in `published` as it could be relied on at `at`; raises `CharterUnusable`.

    Needs no server and no state: this is how an old answer is checked against the charter it was given under.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return load(MemoryFetcher(published), Path(scratch), root, at=at).charter


def _target(updater: Updater, path: str) -> bytes:
    info = updater.get_targetinfo(path)
    if info is None:
        raise CharterUnusable(f"nobody who may has signed {path}", reason="CHARTER_INCOMPLETE")
    cached = updater.find_cached_target(info) or updater.download_target(info)
    content = Path(cached).read_bytes()
    info.verify_length_and_hashes(content)
    return content


def _expired(error: ExpiredMetadataError, fetcher: FetcherInterface, at: datetime) -> CharterUnusable:
    """Say which metadata ran out and since when, as far as the publisher still shows it."""
    since = ""
    try:
        timestamp = Metadata[Any].from_bytes(fetcher.download_bytes("metadata/timestamp.json", 1 << 16))
        if timestamp.signed.expires <= at:
            since = f", since {stamp(timestamp.signed.expires)}"
    except (RepositoryError, DownloadError):
        pass
    role = str(error).removesuffix(" is expired").rpartition(" ")[2].removesuffix(".json")
    return CharterUnusable(
        f"the charter has expired: {error}{since}; {renewal_of(role)}", reason="CHARTER_EXPIRED"
    )


def renewal_of(role: str) -> str:
    """Return who must do what for a charter whose metadata of `role` has run out: a refresh renews no other parts."""
    if role in (Timestamp.type, Snapshot.type):
        return "its publisher must refresh it"
    if role in (Targets.type, Root.type):
        return f"the agencies that sign the {role} metadata must sign it anew: a refresh does not help"
    return f"{role} must sign its part anew ([[renewals]] in a plan): a refresh does not help"


def _assemble(
    state: Path, targets: Mapping[str, bytes], authorities: tuple[MemberId, ...], *, at: datetime
) -> Loaded:
    """Collect the files that the client has just verified and kept, by the names under which they are published."""
    files: dict[str, bytes] = {}
    expiries: list[tuple[datetime, str]] = []
    for history in sorted((state / "root_history").glob("*.root.json")):
        files[f"metadata/{history.name}"] = history.read_bytes()
    signed: dict[str, Signed] = {}
    for role in ("root", "timestamp", "snapshot", "targets", *authorities):
        content = (state / f"{role}.json").read_bytes()
        signed[role] = Metadata[Any].from_bytes(content).signed
        expiries.append((signed[role].expires, role))
        if role == "timestamp":
            files["metadata/timestamp.json"] = content
        elif role != Root.type:
            files[f"metadata/{signed[role].version}.{role}.json"] = content
    for path, content in targets.items():
        files[published_name(path, content)] = content
    expires, first = min(expiries)
    issued = signed["timestamp"].unrecognized_fields.get(ISSUED)
    return Loaded(
        charter=parse_charter(targets, version=signed["snapshot"].version),
        files=files,
        timestamp_version=signed["timestamp"].version,
        issued=_moment(issued) if isinstance(issued, str) else at,
        expires=expires,
        expires_first=first,
    )


def published_name(path: str, content: bytes) -> str:
    """Return the name under which the target file `path` is published: its SHA-256 before its base name."""
    folder, slash, name = path.rpartition("/")
    return f"targets/{folder}{slash}{hashlib.sha256(content).hexdigest()}.{name}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

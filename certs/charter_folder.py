"""The folder of a published charter: which files it holds now, and how new ones come into it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from federation.charter.installations import installations_path
from federation.charter.load import DirectoryFetcher
from federation.charter.parse import POLICY
from federation.errors import NotFound
from federation.values.identity import MemberId

Signed = TypeVar("Signed", Timestamp, Snapshot, Targets)


class CharterFolder:
    """Reads and writes the folder `path`: `metadata/` and `targets/`. It verifies nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def root_path(self) -> Path:
        """The path of the first root metadata."""
        return self.path / "metadata" / "1.root.json"

    @property
    def holds_charter(self) -> bool:
        """Whether a charter was published here."""
        return (self.path / "metadata" / "timestamp.json").exists()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let nobody else change the folder meanwhile; it is made if it is not there."""
        if not self.path.exists():
            self.path.mkdir(parents=True)
            self.path.chmod(0o755)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def newest(self) -> tuple[Timestamp, Snapshot]:
        """Return what says which files are in force; raises `NotFound` where no charter was published."""
        if not self.holds_charter:
            raise NotFound(f"{self.path} holds no charter: found one first")
        timestamp: Timestamp = self._metadata("timestamp", Timestamp)
        return timestamp, self._metadata(f"{timestamp.snapshot_meta.version}.snapshot", Snapshot)

    def holds_other(self, root: Root) -> bool:
        """Say whether a root of that number is there that says other things; readers may have it already."""
        path = self.path / "metadata" / f"{root.version}.root.json"
        return path.exists() and Metadata[Root].from_file(str(path)).signed.to_dict() != root.to_dict()

    def policy(self, version: int) -> tuple[Targets, bytes]:
        """Return the policy's metadata of that version, and the policy."""
        targets = self._metadata(f"{version}.targets", Targets)
        return targets, self._target(targets, POLICY)

    def installations_of(self, authority: MemberId, snapshot: Snapshot) -> bytes:
        """Return the file that `authority` has published; raises `NotFound`."""
        meta = snapshot.meta.get(f"{authority}.json")
        if meta is None:
            raise NotFound(f"{authority} is no authority of this charter: hutong charter show lists them")
        role = self._metadata(f"{meta.version}.{authority}", Targets)
        return self._target(role, installations_path(authority))

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files in their order; each appears whole, and everybody may read it."""
        for name, content in files.items():
            _write(self.path / name, content)

    def _metadata(self, name: str, _: type[Signed]) -> Signed:
        return Metadata[Signed].from_file(str(self.path / "metadata" / f"{name}.json")).signed

    def _target(self, role: Targets, path: str) -> bytes:
        folder, _, name = path.rpartition("/")
        return (self.path / "targets" / folder / f"{role.targets[path].hashes['sha256']}.{name}").read_bytes()


class ProposedFiles(DirectoryFetcher):
    """The files that would be published: the new ones, and the existing ones that they do not replace, but for one."""

    def __init__(self, published: Path, fresh: Mapping[str, bytes], without: str = "") -> None:
        super().__init__(published)
        self._fresh, self._without = fresh, without

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url == self._without and url not in self._fresh:
            raise DownloadHTTPError(f"{url} is not published", 404)
        return iter([self._fresh[url]]) if url in self._fresh else super()._fetch(url)


def _write(path: Path, content: bytes) -> None:
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o755)  # published for everybody to read, whatever the umask
    scratch = path.with_name(f".{path.name}")
    with scratch.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # else a timestamp could outlive a power cut that empties what it names
    scratch.chmod(0o644)
    os.replace(scratch, path)

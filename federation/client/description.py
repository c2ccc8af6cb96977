"""`federation.json`: the federation that a folder's commands speak to, and the root that they trust.

The charter is in a folder that others write (a mirror of the published files). Its root is what makes it trustworthy,
so the description pins the root, and the pin is checked before anything else in that folder is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.errors import CharterUnusable, NotFound

_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
_ROOT = re.compile(r"([1-9][0-9]{0,8})\.root\.json")
_LARGEST_ROOT = 1024 * 1024
FIRST_ROOT = "1.root.json"


@dataclass(frozen=True)
class Description:
    """The content of a `federation.json`, its root compared with the published one."""

    path: Path
    #: Where the charter is published.
    published: Path
    #: The pinned root metadata.
    root: bytes
    members: Mapping[str, Mapping[str, str]]

    @property
    def state(self) -> Path:
        """The folder on this machine that keeps the highest versions seen of this federation's charter."""
        return state_folder(self.root)


def read_description(path: Path) -> Description:
    """Return the description at `path`.

    Raises `NotFound` when there is none, and `CharterUnusable` when it names no root, or when the published
    charter begins with another one.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        published = path.parent / content["charter"]
        members = content.get("members", {})
        pin = content.get("charter_root")
    except FileNotFoundError:
        raise NotFound(
            f"no federation at {path}: start a local one with `hutong up`, or set up a window with "
            "`hutong window init` (docs/operations.md, Found a federation)"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise CharterUnusable(
            f'{path} does not say where the charter is: give it as "charter" (docs/operations.md, Found a federation)',
            reason="CHARTER_NOT_TRUSTED",
        ) from None
    root = _local_root(path, published) if pin is None else _pinned_root(path, published, pin)
    return Description(path, published, root, members)


def is_local(home: Path, published: Path) -> bool:
    """Say whether `home` holds a complete local federation, with the keys of all its authorities."""
    own = home / "authorities" / "interconnect" / "publisher.key"
    return own.is_file() and published.resolve() == (home / "charter").resolve()


def state_folder(root: bytes) -> Path:
    """Return the state folder of the federation with this root: `$XDG_STATE_HOME/hutong/SHA-256`."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "hutong" / fingerprint(root)


def fingerprint(root: bytes) -> str:
    """Return the SHA-256 of root metadata in hex, as people compare it."""
    return hashlib.sha256(root).hexdigest()


def is_digest(pin: str) -> bool:
    """Say whether a pinned root is written as its SHA-256 in hex, and not as a file."""
    return _SHA256.fullmatch(pin) is not None


def take_over_state(before: Path, state: Path, root: bytes) -> None:
    """Take over the state that an earlier program kept at `before`, if it began with the same root.

    An upgrade thus keeps the highest versions seen.
    """
    history = before / "metadata" / "root_history"
    if state.exists() or not any(_read(path) == root for path in sorted(history.glob("*.root.json"))):
        return
    state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = state.with_name(f"{state.name}.{os.getpid()}")
    shutil.copytree(before, scratch)
    try:
        scratch.rename(state)
    except OSError:  # another command took it over first
        shutil.rmtree(scratch)


def _local_root(path: Path, published: Path) -> bytes:
    """Return the root of a local federation, which trusts itself; raises `CharterUnusable` for any other."""
    first = _read(published / "metadata" / FIRST_ROOT)
    if is_local(path.parent, published) and first is not None:
        return first
    line = (
        f'"charter_root": "{fingerprint(first)}",'
        if first is not None
        else '"charter_root": "SHA-256 IN HEX",'
    )
    raise CharterUnusable(
        f"{path} names no charter_root, so any charter in {published} would be believed. Compare the SHA-256 of "
        f"its root with the one that you received by a way you trust; if it is the same, add this line: {line}",
        reason="CHARTER_NOT_TRUSTED",
    )


def _pinned_root(path: Path, published: Path, pin: Any) -> bytes:
    """Return the published root that the pin names: by its SHA-256, or by a file with the root itself."""
    if not isinstance(pin, str) or not pin:
        raise _not_trusted(f"{path}: charter_root is a SHA-256 in hex, or the path of a root.json")
    wanted = _SHA256.fullmatch(pin)
    if wanted is None:
        kept = (path.parent / pin).resolve()
        if kept.is_relative_to(published.resolve()) and not is_local(path.parent, published):
            raise _not_trusted(
                f"{path}: charter_root lies in the published folder, where whoever publishes can change it: keep "
                "a copy elsewhere, or give its SHA-256"
            )
        content = _read(kept)
        if content is None:
            raise _not_trusted(f"{path}: charter_root names {kept}, which cannot be read")
        digest = fingerprint(content)
    else:
        digest = wanted[1].lower()
    for name in _roots(published / "metadata"):
        content = _read(published / "metadata" / name)
        if content is not None and fingerprint(content) == digest:
            return content
    raise _not_trusted(
        f"the charter published in {published} does not begin with the pinned root {digest}: do not use it, and "
        f"ask the other agencies; if the federation was founded anew, change charter_root in {path}"
    )


def _roots(metadata: Path) -> list[str]:
    """Return the names of published roots, by their version."""
    try:
        found = [
            (int(match[1]), match[0]) for name in os.listdir(metadata) if (match := _ROOT.fullmatch(name))
        ]
    except OSError:
        return []
    return [name for _, name in sorted(found)]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST_ROOT else None
    except OSError:
        return None


def _not_trusted(message: str) -> CharterUnusable:
    return CharterUnusable(message, reason="CHARTER_NOT_TRUSTED")

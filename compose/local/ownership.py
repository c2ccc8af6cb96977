"""Checks of ownership: `hutong up` founds only in a folder without others' files, and replaces only its own files."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from compose.local.layout import Layout
from federation.client.description import is_local
from federation.errors import AlreadyExists, NotFound

#: In `federation.json`: written by `hutong up`, and replaced by it alone.
MARK = "hutong up"
#: Everything that founding creates in a home.
PARTS = ("authorities", "members", "nodes", "gateways", "charter", "charter-state")
_FOUNDING = ".founding"


def founded(layout: Layout) -> bool:
    """Say whether the home holds a complete local federation."""
    return layout.root.exists() and is_local(layout.home, layout.charter) and not _unfinished(layout)


def insist_own(layout: Layout) -> None:
    """Raise `AlreadyExists` when the home is a window of another federation, or holds parts of other origin."""
    home = layout.home
    if layout.description.exists() and not _own_description(layout):
        raise AlreadyExists(
            f"{layout.description} was not written by `hutong up`: {home} is a window of another federation. "
            "Nothing was changed; give another folder with --home for a local federation",
            reason="NOT_A_LOCAL_FEDERATION",
        )
    if founded(layout) or _unfinished(layout):
        return
    there = [name for name in PARTS if (home / name).exists()]
    if there:
        raise AlreadyExists(
            f"{home} holds {', '.join(there)}, which `hutong up` did not make. Nothing was changed; give another "
            "folder with --home for a local federation",
            reason="NOT_A_LOCAL_FEDERATION",
        )


def is_window(layout: Layout) -> bool:
    """Say whether the home is a window of a federation whose servers run elsewhere."""
    return not founded(layout) and layout.description.exists() and not _own_description(layout)


def insist_local(layout: Layout) -> None:
    """Raise `NotFound`, stating what the home is instead, when it holds no local federation."""
    if founded(layout):
        return
    if is_window(layout):
        raise NotFound(
            f"{layout.home} is a window of a federation whose servers run elsewhere: up and down are for "
            "local federations only; try `hutong status --home`, or ask those who run the servers",
            reason="NOT_A_LOCAL_FEDERATION",
        )
    raise NotFound(f"no federation at {layout.home}: start one with `hutong up --home {layout.home}`")


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Make another `hutong up` on the same home wait."""
    layout.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (layout.home / ".up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def all_or_nothing(layout: Layout) -> Iterator[None]:
    """Found inside this context: afterwards everything exists or nothing, even if the process is killed meanwhile."""
    clear_unfinished(layout)
    (layout.home / _FOUNDING).write_text("founding was not finished: `hutong up` begins it anew\n", "ascii")
    try:
        yield
    except BaseException:
        clear_unfinished(layout)
        raise
    (layout.home / _FOUNDING).unlink()


def clear_unfinished(layout: Layout) -> None:
    """Remove the files of a founding that was not completed."""
    if not _unfinished(layout):
        return
    for name in PARTS:
        shutil.rmtree(layout.home / name, ignore_errors=True)
    (layout.home / _FOUNDING).unlink(missing_ok=True)


def _unfinished(layout: Layout) -> bool:
    return (layout.home / _FOUNDING).exists()


def _own_description(layout: Layout) -> bool:
    """Say whether `federation.json` belongs to the local federation here; earlier programs left no mark."""
    try:
        content = json.loads(layout.description.read_text("utf-8"))
        written_by, published = content.get("written_by"), layout.home / content["charter"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return written_by in (None, MARK) and is_local(layout.home, published)

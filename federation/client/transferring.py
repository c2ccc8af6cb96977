"""Transfer of a document's bytes: piece by piece, begun anew where it broke off, as long as it gets on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from federation.background.retrying import Retries
from federation.errors import Exhausted, HutongError, InvalidRequest, Unavailable
from federation.notices.documents import limits

#: Seconds before each further attempt; after the last one without a further byte a transfer is given up.
PAUSES_S = (0.5,) * 4
Progress = Callable[[int], None]
T = TypeVar("T")


def owners_alone(path: str, flags: int) -> int:
    """Open a file for its owner alone, whatever the umask of the program that uses this library; follow no link."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def pieces(file: Path, offset: int) -> Iterator[bytes]:
    """Yield the content of a file from `offset` on, in the pieces of which a transfer consists."""
    with file.open("rb") as opened:
        opened.seek(offset)
        while data := opened.read(limits().chunk_bytes):
            yield data


def persisting(
    transfer: Callable[[Progress], T], progress: Progress, passes: Callable[[HutongError], bool]
) -> T:
    """Return the outcome of `transfer`, begun anew after errors that pass as long as it gets on."""
    furthest, retries = 0, Retries(PAUSES_S)

    def report(have: int) -> None:
        nonlocal furthest
        if have > furthest:
            furthest = have
            retries.advanced()
        progress(have)

    while True:
        try:
            return transfer(report)
        except HutongError as error:
            if not passes(error) or not retries.pause():
                raise


def resumable(error: HutongError, *also: type[HutongError]) -> bool:
    """Say whether an upload may go on after the error."""
    if isinstance(error, InvalidRequest):
        # The rest of an earlier upload was other content and is dropped now, or a parallel one was faster.
        return not {v.rule for v in error.violations} - {"DIGEST", "OFFSET"}
    return isinstance(error, (Unavailable, Exhausted, *also))

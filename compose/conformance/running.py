"""A run of the kit: every case of a role, one after the other, within a limit of time whatever the target does."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from compose.conformance import (
    envelopes,
    gateway_answers,
    gateway_sealing,
    identities,
    node_evidence,
    node_pages,
    node_sealing,
    purposes,
)
from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, NotRun
from compose.conformance.registry import ConformanceCase, cases, checks
from compose.conformance.wire import Refusal, Silent
from federation.errors import HutongError

#: The modules that hold checks: importing them enters the checks.
MODULES: Final = (
    identities,
    envelopes,
    purposes,
    node_pages,
    node_sealing,
    node_evidence,
    gateway_answers,
    gateway_sealing,
)
#: After so many cases in a row without any answer the rest is not run: each would wait in vain.
MOST_SILENT: Final = 3
#: Characters of what a target said that a report holds.
MOST_SAID: Final = 500


class CaseResult(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Played:
    """One case, what became of it, and for a failure the bytes that were sent and received last."""

    case: ConformanceCase
    result: CaseResult
    says: str
    sent: bytes = b""
    received: bytes = b""


def run(kit: Kit, *, within_s: float, only: Collection[str] = ()) -> list[Played]:
    """Return what became of every case for the kit's role, or of those named `only`, in order."""
    ends, silent = time.monotonic() + within_s, 0
    played: list[Played] = []
    for case in cases():
        if kit.role not in case.roles or (only and case.name not in only):
            continue
        if silent >= MOST_SILENT:
            played.append(Played(case, CaseResult.NOT_RUN, f"no answer to {MOST_SILENT} cases in a row"))
        elif time.monotonic() >= ends:
            played.append(Played(case, CaseResult.NOT_RUN, f"{within_s:g} s are over: give --within more"))
        else:
            one, was_silent = _play(kit, case)
            played.append(one)
            silent = silent + 1 if was_silent else 0
    return played


def _play(kit: Kit, case: ConformanceCase) -> tuple[Played, bool]:
    """Return what became of one case, and whether the target was silent."""
    kit.wire.forget()
    try:
        said = checks()[case.name, kit.role](kit)
    except NotRun as error:
        return Played(case, CaseResult.NOT_RUN, _short(str(error))), False
    except Refusal as refusal:
        says = f"refused: {refusal.code.name} {refusal.error.reason}: {refusal.error.message}"
    except Failed as error:
        says = str(error)
        if isinstance(error, Silent):
            return Played(case, CaseResult.FAILED, _short(says), kit.wire.sent, kit.wire.received), True
    except HutongError as error:
        says = f"{error.reason}: {error.message}"
    except (ValueError, LookupError, OSError) as error:  # such as a number that no enum has
        says = f"what came cannot be read: {type(error).__name__}: {error}"
    else:
        return Played(case, CaseResult.PASSED, _short(said)), False
    return Played(case, CaseResult.FAILED, _short(says), kit.wire.sent, kit.wire.received), False


def _short(text: str) -> str:
    """Return a sentence that may quote the target, of limited length: a target may say megabytes."""
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}…"

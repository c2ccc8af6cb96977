"""The results of checks, and the verdict on an answer that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from federation.errors import Corrupt, HutongError
from federation.v1.query_pb2 import Answer

T = TypeVar("T")


class Result(StrEnum):
    """The result of one check; `UNPROVEN` is no contradiction, but rests on the gateway's statement alone."""

    OK = "ok"
    FAILED = "failed"
    UNPROVEN = "unproven"


class Verdict(StrEnum):
    """What the checks of an answer amount to."""

    #: Every agency's signed answer is attached, and assembling them again gives this answer in every field.
    PROVEN = "proven"
    #: Nothing contradicts the answer, but part of it rests on the gateway's signature; auditors hold the rest.
    SIGNED = "signed"
    #: Something does not hold: the answer must not be used.
    BROKEN = "broken"


class Unproven(Exception):
    """A statement of the gateway that nothing contradicts and nothing else proves."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked, and a sentence for people."""

    name: str
    result: Result
    says: str


@dataclass(frozen=True)
class VerifiedAnswer:
    """An answer (None when it could not even be read) and everything that was checked about it, in order."""

    answer: Answer | None
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.result is Result.FAILED)

    @property
    def gaps(self) -> tuple[Check, ...]:
        """The checks that rest on the gateway's statement alone."""
        return tuple(check for check in self.checks if check.result is Result.UNPROVEN)

    @property
    def verdict(self) -> Verdict:
        """The verdict: broken when any check failed, signed when any rests on the gateway, else proven."""
        if self.answer is None or self.failures:
            return Verdict.BROKEN
        return Verdict.SIGNED if self.gaps else Verdict.PROVEN

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return self.verdict is not Verdict.BROKEN

    def require(self) -> Answer:
        """Return the answer, or raise `Corrupt` naming what fails."""
        if self.answer is None or self.failures:
            raise Corrupt(
                "the answer does not hold and must not be used: "
                + "; ".join(f"{check.name}: {check.says}" for check in self.failures)
            )
        return self.answer


class Report:
    """Collects the results of checks."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def step(self, name: str, take: Callable[[], T], says: str) -> T | None:
        """Return what `take` returns, or None when it fails or cannot be proven."""
        try:
            value = take()
        except Unproven as gap:
            self.checks.append(Check(name, Result.UNPROVEN, str(gap)))
            return None
        except HutongError as error:
            self.checks.append(Check(name, Result.FAILED, error.message))
            return None
        self.checks.append(Check(name, Result.OK, says))
        return value

    def says(self, name: str, check: Callable[[], str]) -> bool:
        """Keep the sentence that `check` returns or raises; return whether it passed."""
        try:
            self.checks.append(Check(name, Result.OK, check()))
        except Unproven as gap:
            self.checks.append(Check(name, Result.UNPROVEN, str(gap)))
        except HutongError as error:
            self.checks.append(Check(name, Result.FAILED, error.message))
        return self.checks[-1].result is Result.OK

    def on(self, answer: Answer | None) -> VerifiedAnswer:
        """Return the answer with everything checked about it."""
        return VerifiedAnswer(answer, tuple(self.checks))

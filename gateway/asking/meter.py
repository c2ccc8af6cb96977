"""How many questions are asked for which purpose, with which outcome, and how long they take.

Whether a record was found does not show, nor what a node withholds for verification: with sealed access the first
would count sealed records, the second does so always. What a node did not answer at all counts as missing, without
the reason, because one of the reasons is a seal that could not be delivered.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from federation.answers.replies import ANSWERED, Reply
from federation.statements.reasons import VERIFYING
from federation.transport.layers import REFUSALS
from server.figures import Meaning, Sample

SECONDS: Final = "hutong_question_seconds"
#: Upper bounds in seconds; wide, because a question may wait for a seal about its person.
BOUNDS: Final = (0.25, 1.0, 2.5, 5.0, 10.0)
ANSWERED_ALL, MISSING, REFUSED, FAILED = "answered", "missing", "refused", "failed"


@dataclass
class MeasuredQuestion:
    """One question under way: its purpose once it is read, and its outcome."""

    purpose: str = "unread"
    outcome: str = FAILED

    def settled(self, replies: Iterable[Reply]) -> None:
        """Note whether every node did what it had to: answer, or put the question off to verify what it holds."""
        every = all(each.outcome in ANSWERED or each.reason == VERIFYING for each in replies)
        self.outcome = ANSWERED_ALL if every else MISSING


class QuestionMeter:
    """Counts the questions of one gateway since its start."""

    meanings: Mapping[str, Meaning] = {
        SECONDS: Meaning(
            "questions by purpose and outcome (answered, missing: a node did not answer, refused, failed), by seconds "
            "taken; counted since the start",
            "histogram",
        )
    }

    def __init__(self) -> None:
        self._counted: dict[tuple[str, str], Counter[int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def question(self) -> Iterator[MeasuredQuestion]:
        """Count one question at its end, whatever that is."""
        measured, started = MeasuredQuestion(), time.perf_counter()
        try:
            yield measured
        except REFUSALS:
            measured.outcome = REFUSED
            raise
        except BaseException:
            measured.outcome = FAILED
            raise
        finally:
            self._add(measured, time.perf_counter() - started)

    def _add(self, measured: MeasuredQuestion, seconds: float) -> None:
        with self._lock:
            key = (measured.purpose, measured.outcome)
            self._counted.setdefault(key, Counter())[bisect_left(BOUNDS, seconds)] += 1

    def samples(self) -> Iterator[Sample]:
        """Yield the histogram without a sum, which would give the exact time of a single question."""
        with self._lock:
            counted = {key: Counter(each) for key, each in sorted(self._counted.items())}
        for (purpose, outcome), each in counted.items():
            labels = {"purpose": purpose, "outcome": outcome}
            for place, bound in enumerate((*BOUNDS, None)):
                so_far = sum(number for index, number in each.items() if index <= place)
                le = "+Inf" if bound is None else str(bound)
                yield Sample(SECONDS, so_far, {**labels, "le": le}, "_bucket")
            yield Sample(SECONDS, each.total(), labels, "_count")

"""Figures of work for whoever watches a server: what each means, and their text in the format of Prometheus.

They are taken once a minute at most, however often somebody looks, so that no single question or delivery can be
followed by its moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from federation.values import clock

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a figure means, with its unit, and its kind: gauge, counter or histogram."""

    says: str
    kind: str = "gauge"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value; `suffix` tells the samples of a histogram apart."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""

    def line(self) -> str:
        """Return the line; labels are names of the charter and of this program, which need no escaping."""
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{self.name}{self.suffix}{{{labels}}} {self.value!r}\n"


class FigureSource(Protocol):
    """A part's figures."""

    @property
    def meanings(self) -> Mapping[str, Meaning]:
        """Return the figures by name."""

    def samples(self) -> Iterable[Sample]:
        """Return their present values; raises any error when they cannot be had now."""


class HeldFigures:
    """The figures of all parts, as they were at the first look of a minute."""

    def __init__(self, sources: Sequence[FigureSource] = (), now: Callable[[], datetime] = clock.now) -> None:
        self._sources = sources
        self._now = now
        self._minute: datetime | None = None
        self._text = ""
        self._lock = threading.Lock()

    def text(self) -> str:
        """Return the text; the figures of a part that cannot give them are left out."""
        with self._lock:
            minute = self._now().replace(second=0, microsecond=0)
            if minute != self._minute:
                self._text = "".join(line for source in self._sources for line in _lines(source))
                self._minute = minute
            return self._text


def _lines(source: FigureSource) -> Iterator[str]:
    try:
        samples = list(source.samples())
    except Exception as error:  # one part must not hide the others, nor whether the server is ready
        _LOGGER.warning("figures are left out: %s", error)
        return
    for name, meaning in source.meanings.items():
        own = [sample for sample in samples if sample.name == name]
        if own:
            yield f"# HELP {name} {meaning.says}\n# TYPE {name} {meaning.kind}\n"
            yield from (sample.line() for sample in own)

"""A part: what one idea adds to a server. `app.py` lists the parts, `server.served.served` runs and serves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from federation.transport.serving import Service
from server.figures import FigureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The services of one idea, and its work of its own; an idea that others need adds what it offers them."""

    services: Sequence[Service] = ()
    #: Entered in this order before the first call is taken, left after the last one.
    running: Sequence[AbstractContextManager[object]] = ()
    #: What whoever watches the server may see of it: nothing that only a seal moves (decision 184).
    figures: Sequence[FigureSource] = ()


@contextmanager
def at_start(step: Callable[[], object]) -> Iterator[None]:
    """Take a step before the first call is taken."""
    step()
    yield

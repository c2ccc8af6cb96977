"""A number for each call, by which the lines that a server logs about it are found together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from federation.transport.call import Call

#: The number of the call that this thread or task works for, and its rpc; both "" where none is under way.
UNDER_WAY: Final[ContextVar[tuple[str, str]]] = ContextVar("call under way", default=("", ""))


@contextmanager
def numbered(call: Call) -> Iterator[None]:
    """Give the call a random number of its own; the outermost layer, so that every line about the call has it.

    It comes from no caller, who could otherwise write into the log, and goes to none.
    """
    UNDER_WAY.set((secrets.token_hex(8), call.method))
    try:
        yield
    finally:
        UNDER_WAY.set(
            ("", "")
        )  # not by a token: the end of a stream may run in another context than its beginning

"""The codes that `hutong` ends with; docs/reference.md lists them, and a test compares the two."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a program that runs `hutong` can tell from its end."""

    #: Done, all of it; an answer is complete; evidence is proven.
    DONE = 0
    #: Refused or failed, with the reason; evidence is broken.
    FAILED = 1
    #: The command was written wrongly; nothing was done.
    USAGE = 2
    #: `verify`: nothing contradicts the answer, but part of it rests on the gateway's signature alone.
    SIGNED = 3
    #: `ask`: there is an answer, but it is PARTIAL or VOID; `conformance`: none failed, but some cases were not run.
    INCOMPLETE = 4
    #: Some rows of a file are in quarantine or set aside, or could not be entered; the others are done.
    ROWS_LEFT = 5
    #: Stopped by Ctrl-C.
    INTERRUPTED = 130

"""Letters of other alphabets that look like Latin ones, small or as capitals, read as these.

Only to compare: by it two names that look alike are one (R34). What was written is kept as it was written. The pairs
are among Unicode's confusables (UTS 39), of the Cyrillic, Greek, Armenian and Cherokee alphabets.
"""

from __future__ import annotations

from typing import Final

#: Letters as `str.casefold` leaves them, and below each the Latin one that it, or its capital, looks like.
_ALIKE: Final = str.maketrans(
    "авеѕіјкмнорстухүһӏѵԁԍԛԝαβεζηικμνορτυχϲϳստօհոցլᎪᏴᏟᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ",
    "abesijkmhopctyxyhlvdgqwabezhikmnoptyxcjusohnglabceghjklmprstvwyz",
)


def latin(folded: str) -> str:
    """Return a text in small letters (`str.casefold`) with the Latin letters that its letters look like."""
    return folded.translate(_ALIKE)

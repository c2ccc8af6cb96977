"""The end of a followed view: rows that were taken, by digests, so that one that is committed late is still found.

What is remembered is bounded by a number of rows; rows with the same cursor stay together, so that there may be more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from compose.follow.view_rows import Row, cursor_from_json, cursor_to_json, digest_of
from federation.errors import InvalidRequest


class LastRows:
    """The rows that were taken last, by groups with the same cursor, in the order of the database.

    Its order is that of the database and not of Python, in which texts may be ordered otherwise.
    """

    def __init__(self, kept: Mapping[str, Any], most: int, *, of: Sequence[str]) -> None:
        """Raise `InvalidRequest` unless `kept` is empty or what `taken` returned for the same view and cursor.

        `most` is a number of rows, `of` names view and cursor: where another one ended says nothing about this one.
        """
        self._of = list(of)
        if kept.get("of", self._of) != self._of:
            was = " by ".join(map(str, kept["of"]))
            says = f"is that of {was}: name another folder for {' by '.join(of)}"
            raise InvalidRequest.of("--state", "FORMAT", says[:400])
        try:
            self._before = [
                (cursor_from_json(cursor), list[str](digests)) for cursor, digests in kept.get("rows", ())
            ]
            self._whole = not kept.get("dropped", False)
        except (KeyError, TypeError, ValueError):
            says = "does not fit this view: name another folder for it"
            raise InvalidRequest.of("--state", "FORMAT", says) from None
        self._most = most
        self._known = {digest for _, digests in self._before for digest in digests}
        #: What this look has read, which may have ended early.
        self._now: list[tuple[Any, list[str]]] = []
        self._read, self._cut = set[str](), False

    @property
    def since(self) -> Any:
        """The cursor to read from, this value included; None for the beginning of the view."""
        return None if self._whole or not self._before else self._before[0][0]

    def fresh(self, rows: Iterable[Row], cursor: str) -> Iterator[Row]:
        """Yield those of `rows` that were not taken; the same row once. Whoever stops early takes the last one too."""
        self._cut = True
        for row in rows:
            if not self._now or self._now[-1][0] != row[cursor]:
                self._now.append((row[cursor], []))
            digest = digest_of(row)
            if digest in self._read:
                continue
            self._read.add(digest)
            self._now[-1][1].append(digest)
            if digest not in self._known:
                yield row
        self._cut = False

    def taken(self) -> dict[str, Any]:
        """Return what is remembered after the rows of `fresh`, as JSON.

        Where reading ended early, rows beyond may be new: no group from the last one read on is dropped.
        """
        groups, last = self._now, len(self._now) - 1
        if self._cut:
            rest = [
                (at, [each for each in digests if each not in self._read]) for at, digests in self._before
            ]
            groups = groups + [(at, digests) for at, digests in rest if digests]
        if not self._whole and groups and groups[0][0] != self.since:
            # The lowest row is gone from the view: its place stays, since rows may still come between.
            groups, last = [(self.since, list[str]()), *groups], last + 1
        first, number = 0, sum(len(digests) for _, digests in groups)
        while first < last and number - len(groups[first][1]) >= self._most:
            number -= len(groups[first][1])
            first += 1
        return {
            "of": self._of,
            "rows": [[cursor_to_json(at), digests] for at, digests in groups[first:]],
            "dropped": first > 0 or not self._whole,
        }

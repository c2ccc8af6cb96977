"""The check of an exported log, line by line and in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from federation.charter.model import Charter
from federation.errors import Corrupt, HutongError
from federation.evidence.checkpoint import read_checkpoint, verify_checkpoint
from federation.evidence.entry import EntryKind, events_of, read_body
from federation.evidence.export import ENTRY, FORMAT, NO_LINE, read_entry
from federation.evidence.merkle import Frontier
from federation.evidence.view import read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope
from federation.v1.evidence_pb2 import Checkpoint
from federation.values import clock

_FINDINGS_KEPT = 50


@dataclass(frozen=True)
class ExportFault:
    """One fault that was found: the line of the export (from 1, 0 for the whole) and a sentence."""

    line: int
    says: str


@dataclass
class ExportReport:
    """The content of an export, and the parts of it that are proven."""

    federation: str = ""
    installation: str = ""
    entries: int = 0
    covered: int = 0
    checkpoints: int = 0
    root: str = ""
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[ExportFault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.findings

    def require(self) -> None:
        """Raise `Corrupt` with the first finding unless everything holds."""
        if self.findings:
            first = self.findings[0]
            raise Corrupt(f"line {first.line}: {first.says}")


def verify_export(
    lines: Iterable[bytes | str],
    charter_at: Callable[[datetime], Charter],
    *,
    known: Sequence[Envelope] = (),
) -> ExportReport:
    """Recompute the log's tree and check every checkpoint; return the findings, never raising because of its content.

    `charter_at` gives the charter trusted for the time a checkpoint was signed; `known` are checkpoints of
    this log kept elsewhere, which the export must reach and agree with.
    """
    return _Reader(charter_at, known).read(lines)


class _Reader:
    """Reads an export once, keeping only the right edge of the tree."""

    def __init__(self, charter_at: Callable[[datetime], Charter], known: Sequence[Envelope]) -> None:
        self._charter_at = charter_at
        self._known = list(known)
        self._report = ExportReport()
        self._tree = Frontier()
        self._expected: dict[int, bytes] = {}
        self._at = 0

    def read(self, lines: Iterable[bytes | str]) -> ExportReport:
        for number, line in enumerate(lines, start=1):
            self._at = number
            self._tried(self._header if number == 1 else self._content, line)
            if number == 1 and self._report.findings and not self._report.installation:
                return self._report
        if not self._at:
            self._found("the export is empty")
            return self._report
        self._at = 0
        self._finish()
        return self._report

    def _tried(self, take: Callable[[Any], None], line: bytes | str) -> None:
        try:
            content = read_json(line)
            if not isinstance(content, dict):
                raise Corrupt("a line is a JSON object")
            take(content)
        except HutongError as error:
            self._found(error.message)

    def _found(self, says: str) -> None:
        if len(self._report.findings) < _FINDINGS_KEPT:
            self._report.findings.append(ExportFault(self._at, says))

    def _header(self, content: dict[str, Any]) -> None:
        if content.get("format") != FORMAT:
            raise Corrupt(f"the first line is no header of the format {FORMAT}")
        self._report.federation = str(content.get("federation", ""))
        self._report.installation = str(content.get("installation", ""))
        for envelope in (read_envelope(content.get("newest")), *self._known):
            checkpoint = self._verified(envelope)
            root = self._expected.setdefault(checkpoint.size, checkpoint.root)
            if root != checkpoint.root:
                raise Corrupt(f"two checkpoints of size {checkpoint.size} contradict each other: a fork")

    def _content(self, content: dict[str, Any]) -> None:
        if set(content) == {"checkpoint"}:
            self._checkpoint(read_envelope(content["checkpoint"]))
        elif set(content) == ENTRY:
            self._entry(content)
        else:
            raise Corrupt(NO_LINE)

    def _entry(self, content: dict[str, Any]) -> None:
        index, leaf, body = read_entry(content)
        expected = self._tree.size
        if index != expected:
            self._found(
                f"entry {index} where {expected} belongs: "
                + ("entries are missing" if index > expected else "entries are repeated or out of order")
            )
        self._tree.append(leaf)
        self._report.entries += 1
        entry = read_body(body)
        self._report.kinds[str(entry["kind"])] += 1
        if entry["kind"] == EntryKind.SPREADING:
            self._report.kinds.update(str(event["kind"]) for event in events_of(entry))
        self._compare_expected()

    def _compare_expected(self) -> None:
        root = self._expected.pop(self._tree.size, None)
        if root is not None and root != self._tree.root():
            self._found(f"the first {self._tree.size} entries are not those of a checkpoint signed before")

    def _checkpoint(self, envelope: Envelope) -> None:
        checkpoint = self._verified(envelope)
        size = self._tree.size
        if checkpoint.size != size:
            raise Corrupt(
                f"a checkpoint of {checkpoint.size} entries stands behind {size}: "
                + ("entries are missing" if checkpoint.size > size else "entries were added or moved")
            )
        if checkpoint.root != self._tree.root():
            raise Corrupt(
                f"an entry from {self._report.covered} to {size - 1} was altered, exchanged or moved: "
                f"the signed root of {size} entries is another"
            )
        self._report.checkpoints += 1
        self._report.covered = size

    def _verified(self, envelope: Envelope) -> Checkpoint:
        at = clock.parse_stamp(read_checkpoint(envelope).signed_at)
        checkpoint = verify_checkpoint(envelope, self._charter_at(at), now=at)
        of = (checkpoint.federation, checkpoint.installation)
        if of != (self._report.federation, self._report.installation):
            raise Corrupt(f"a checkpoint of {checkpoint.installation} in another's log")
        return checkpoint

    def _finish(self) -> None:
        self._report.root = self._tree.root().hex()
        for size in sorted(self._expected):
            if size > self._tree.size:
                here = self._tree.size
                self._found(f"the log is cut off: {size} entries were signed for, {here} are here")
        if self._report.entries and not self._report.checkpoints:
            self._found("no checkpoint covers any entry: nothing here is proven")

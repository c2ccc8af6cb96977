"""The progress of an import, kept next to the file: an interrupted import goes on after the last acknowledged row."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from compose.bulk.source import SourceRow
from federation.errors import FieldViolation, InvalidRequest


@dataclass
class Counts:
    """The outcomes of the rows so far."""

    entered: int = 0
    repeated: int = 0
    quarantined: int = 0

    @property
    def done(self) -> int:
        """Rows that are settled."""
        return self.entered + self.repeated + self.quarantined


@dataclass
class ImportState:
    """The state of one import; a context manager that locks the quarantine file against a second importer.

    The state is written only when its part of the quarantine file is on the disk, so that a killed import loses
    no reason: lines after the recorded length are cut off, and their rows are processed again.
    """

    file: Path
    #: What must be the same for an import to go on: digests of file and map, and the node.
    identity: dict[str, str]
    counts: Counts = field(default_factory=Counts)

    @property
    def quarantine(self) -> Path:
        """The file for rows that cannot be entered."""
        return self.file.with_name(self.file.name + ".quarantine.jsonl")

    @property
    def state(self) -> Path:
        """The file that keeps the state while the import is not done."""
        return self.file.with_name(self.file.name + ".import-state.json")

    def __enter__(self) -> Self:
        try:
            self._kept = self.quarantine.open("a+b")
        except OSError as error:
            raise InvalidRequest.of(
                str(self.quarantine),
                "FILE",
                f"cannot be written ({error.strerror}): import from another folder",
            ) from None
        try:
            fcntl.flock(self._kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._kept.close()
            raise InvalidRequest.of(str(self.file), "BUSY", "is being imported by another process") from None
        length = self._recall()
        self._kept.truncate(length)
        return self

    def _recall(self) -> int:
        """Load the counts of an interrupted import of this same file; return the length of its quarantine file."""
        try:
            state: dict[str, Any] = json.loads(self.state.read_text("utf-8"))
            length, counts = int(state["quarantine_bytes"]), Counts(**state["counts"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        if state["identity"] != self.identity or length > os.fstat(self._kept.fileno()).st_size:
            return 0
        self.counts = counts
        return length

    def keep(self, item: SourceRow, reasons: list[FieldViolation]) -> None:
        """Write a row to quarantine with every reason."""
        self.counts.quarantined += 1
        why = [{"field": v.field, "rule": v.rule, "message": v.message} for v in reasons]
        line = json.dumps({**item.kept, "reasons": why}, ensure_ascii=False, default=str)
        self._kept.write(line.encode("utf-8", errors="replace") + b"\n")

    def save(self) -> None:
        """Store durably the progress so far."""
        self._kept.flush()
        os.fsync(self._kept.fileno())
        state = {
            "identity": self.identity,
            "counts": asdict(self.counts),
            "quarantine_bytes": os.fstat(self._kept.fileno()).st_size,
        }
        new = self.state.with_name(self.state.name + ".new")
        new.write_text(json.dumps(state), "utf-8")
        new.replace(self.state)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.save()
        else:
            self.state.unlink(missing_ok=True)
            if not self.counts.quarantined:
                self.quarantine.unlink(missing_ok=True)
        self._kept.close()

"""The progress of an import, kept next to the file: an interrupted import goes on after the last acknowledged row."""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
from dataclasses import asdict, dataclass, field
from itertools import count
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
    """The state of one import of a file at one node; a context manager that keeps a second importer out.

    While the import is under way, the rows that cannot be entered stand in a file of its own. It gets its name when
    the import is done, and one that is taken by other content is left to it: people mend the rows there.

    The state is written only when its part of that file is on the disk, so that a killed import loses no reason:
    lines after the recorded length are cut off, and their rows are processed again.
    """

    file: Path
    #: What must be the same for an import to go on: digests of file and map, and the node.
    identity: dict[str, str]
    counts: Counts = field(default_factory=Counts)
    #: Where state and quarantine are kept; None is the folder of the file.
    folder: Path | None = None
    #: The file with the rows that could not be entered, once the import is done; None if there is none.
    quarantine: Path | None = None

    @property
    def state(self) -> Path:
        """The file that keeps the state while the import is not done."""
        return self._beside("import-state.json")

    @property
    def _part(self) -> Path:
        return self._beside("quarantine.part")

    def _beside(self, ending: str) -> Path:
        return (self.folder or self.file.parent) / f"{self.file.name}.{self.identity['node']}.{ending}"

    def __enter__(self) -> Self:
        try:
            self._kept = self._part.open("a+b")
        except OSError as error:
            raise InvalidRequest.of(
                str(self._part),
                "FILE",
                f"cannot be written ({error.strerror}): import from another folder",
            ) from None
        try:
            fcntl.flock(self._kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._insist_named()
        except OSError:
            self._kept.close()
            raise InvalidRequest.of(str(self.file), "BUSY", "is being imported by another process") from None
        length = self._recall()
        self._kept.truncate(length)
        return self

    def _insist_named(self) -> None:
        """Raise `OSError` when an import that just ended has given the opened file its lasting name."""
        if not os.path.samestat(os.fstat(self._kept.fileno()), self._part.stat()):
            raise FileNotFoundError

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
        try:
            self.save()
            if error is None:
                self._finish()
        finally:
            self._kept.close()

    def _finish(self) -> None:
        """Give the quarantine file its name, and forget the state."""
        if self.counts.quarantined:
            self.quarantine = self._free_name()
            self._part.replace(self.quarantine)
        else:
            self._part.unlink()
        self.state.unlink(missing_ok=True)

    def _free_name(self) -> Path:
        """Return the first name that is free, or that holds the very same content."""
        for number in count(1):
            name = self._beside("quarantine.jsonl" if number == 1 else f"quarantine-{number}.jsonl")
            if not name.exists() or filecmp.cmp(self._part, name, shallow=False):
                return name
        raise AssertionError("numbers do not end")

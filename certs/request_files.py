"""Request files on disk: read so that a fault names the file, and written for everybody to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from certs.printing import write_json
from federation.errors import Corrupt, InvalidRequest
from federation.evidence.view import read_json

T = TypeVar("T")
#: Far above what a request file needs; a larger file is something else.
LARGEST_BYTES = 64 * 1024


def read_from(path: Path, read: Callable[[object], T]) -> T:
    """Return what `read` makes of the JSON file at `path`; raises `InvalidRequest` that names the file."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InvalidRequest.of("request", "SIZE", f"has more than {LARGEST_BYTES} bytes")
        return read(read_json(path.read_bytes()))
    except Corrupt as error:
        raise InvalidRequest.of("request", "FORMAT", f"{path}: {error.message}") from None
    except InvalidRequest as error:
        [fault] = error.violations
        raise InvalidRequest.of(fault.field, fault.rule, f"{path} {fault.message}") from None


def write_request(path: Path, document: dict[str, Any]) -> None:
    """Write a request file, which holds nothing secret and is handed to others."""
    write_json(path, document, indent=1)
    path.chmod(0o644)

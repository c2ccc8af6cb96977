"""A table read as an import reads it: its rows, or why it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.bulk.map_file import load_map
from compose.bulk.source import SourceRow, open_source
from federation.errors import InvalidRequest
from tests.support.tables import MAP


def items(file: Path, map_file: Path = MAP) -> list[SourceRow]:
    return list(open_source(file, load_map(map_file)).items())


def fault(file: Path, map_file: Path = MAP) -> str:
    """Return what is said of a file that cannot be read."""
    with pytest.raises(InvalidRequest) as caught:
        items(file, map_file)
    return str(caught.value)

"""A part that the importer refuses is lost in no case: it is kept, or taken again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compose.follow.following import follow
from compose.follow.spool import Spool
from federation.errors import InvalidRequest


class _Rows:
    """A followed system with one part."""

    waits = False

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def next(self) -> Path | None:
        if self._spool.taken:
            return None
        part = self._spool.write("v.jsonl", "rows")
        self._spool.begin(part, {"cursor": 1})
        return part


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "parts").mkdir()
    return Spool(tmp_path)


def _refusing(rule: str) -> Any:
    def take(part: Path) -> dict[str, Any]:
        raise InvalidRequest.of(part.name, rule, "cannot be read")

    return take


def test_a_part_that_cannot_be_read_is_kept(spool: Spool) -> None:
    [report] = follow(_Rows(spool), spool, _refusing("ENCODING"), every_s=1, once=True)
    assert "cannot be read" in report["error"]
    assert Path(report["kept"]).read_text("utf-8") == "rows"
    assert (spool.under_way(), spool.taken) == (None, {"cursor": 1})


@pytest.mark.parametrize("rule", ["BUSY", "FILE"])
def test_a_part_that_had_no_place_to_be_imported_is_taken_again(spool: Spool, rule: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        list(follow(_Rows(spool), spool, _refusing(rule), every_s=1, once=True))
    assert spool.taken == {}
    [report] = follow(
        _Rows(spool), spool, lambda part: {"read": part.read_text("utf-8")}, every_s=1, once=True
    )
    assert report == {"part": "v.jsonl", "read": "rows"}

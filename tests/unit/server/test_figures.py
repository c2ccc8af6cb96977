"""Figures of parts are held for a minute, and one part that cannot give its own hides no other's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from server.figures import HeldFigures, Meaning, Sample


class Rising:
    """A figure that is higher at each look, or an error."""

    meanings: Mapping[str, Meaning] = {"hutong_looks": Meaning("looks so far")}

    def __init__(self, *, broken: bool = False) -> None:
        self.looks, self._broken = 0, broken

    def samples(self) -> Iterator[Sample]:
        """Yield the number of looks."""
        if self._broken:
            raise OSError("no room")
        self.looks += 1
        yield Sample("hutong_looks", self.looks, {"node": "police-1"})


def test_figures_change_once_a_minute_however_often_somebody_looks() -> None:
    at = [datetime(2026, 5, 4, 9, 0, 1, tzinfo=UTC)]
    held = HeldFigures([Rising()], lambda: at[0])
    texts = []
    for second in (1, 30, 59):
        at[0] = at[0].replace(second=second)
        texts.append(held.text())
    assert len(set(texts)) == 1
    assert texts[0].endswith('hutong_looks{node="police-1"} 1\n')
    at[0] = at[0].replace(minute=1)
    assert held.text().endswith(" 2\n")


def test_a_part_that_cannot_give_its_figures_hides_no_other() -> None:
    text = HeldFigures([Rising(broken=True), Rising()]).text()
    assert text.count("# TYPE hutong_looks gauge") == 1
    assert HeldFigures([Rising(broken=True)]).text() == ""

"""A file of outcomes as nobody should hand it over: columns in another order, broken lines, hostile text.

`python -m tests.support.dirty FILE` writes one.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from itertools import islice
from pathlib import Path

from compose.demo.outcomes import COLUMNS, SUPPLIED

ROWS = 400
#: Column -> what is written there instead, in one row each.
_WRONG = [
    ("first_date_in_facts", "2014-02-30"),
    ("first_date_in_facts", "9999-12-31"),
    ("first_date_in_facts", "2014/5/6 0:00"),
    ("procuratorate", "x" * 2_000),
    ("procuratorate", "云水县[/x]人民检察院"),
    ("procuratorate", "[bold]云水县\x1b[31m人民检察院"),
    ("procuratorate", "云水县\u202e人民检察院"),
    ("procuratorate", "=HYPERLINK(1)"),
    ("offences", ""),
    ("offences", "[/]|盗窃"),
    ("imprisonment_months", "ten"),
    ("imprisonment_months", "-1"),
    ("imprisonment_months", "99999999999999999999"),
    ("life_imprisonment", "2"),
    ("death_penalty", "1"),
    ("fine_yuan", "1e9"),
]


def dirty_outcomes(rows: int = ROWS) -> bytes:
    """Return the supplied outcomes, so many rows, spoilt: with a BOM, CRLF, columns reversed, one too many."""
    draw, made = random.Random(7), io.StringIO()
    names = [*reversed(COLUMNS), "备注"]
    with SUPPLIED.open(encoding="utf-8", newline="") as file:
        kept = list(islice(csv.DictReader(file), rows))
    for (column, wrong), row in zip(_WRONG * 2, draw.sample(kept, 2 * len(_WRONG)), strict=True):
        row[column] = wrong
    writer = csv.DictWriter(made, names, extrasaction="ignore", lineterminator="\r\n", restval="无")
    writer.writeheader()
    for number, row in enumerate(kept):
        writer.writerow(row)
        if number % 50 == 0:
            writer.writerow(row)  # the same again
            made.write("\r\n   \r\n,,,,,,,,,\r\nJ1,2014\r\n")
    return made.getvalue().encode("utf-8-sig") + b'J2,\xff\xfe,,\r\n"never closed,,\r\n'


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(dirty_outcomes())

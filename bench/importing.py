"""`hutong node import` of a table by a map: read, mapped, signed in pages, entered, durable, with its state on disk.

`python -m bench.importing ROWS FOLDER` writes such a table and its map, without measuring anything.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from bench.federation import measuring, running
from bench.persons import records
from bench.report import Figure, Measured
from certs.printing import echo
from compose.node.importing import import_file
from federation.v1 import record_pb2

NODE = "police-1"
_COLUMNS = "姓名 证件号码 性别 出生 户籍 公诉机关 法院 案号 宣判 生效 罪名 犯罪日 刑种 月"
HEADER = tuple(_COLUMNS.split())
MAP = """
provenance = "paper"
[constants]
record_class = "CRIMINAL"
verdict = "GUILTY"
"instrument.issuer" = "档案室"
[unknown]
"execution" = "HELD_BY_ANOTHER_AGENCY"
[columns."姓名"]
to = "person.names[0].text"
with = { "person.names[0].kind" = "REGISTERED" }
[columns."证件号码"]
to = "person.identifiers[0].number"
with = { "person.identifiers[0].type" = "CITIZEN_ID", "person.identifiers[0].verification" = "VERIFIED" }
[columns."性别"]
to = "person.sex"
values = { "1" = "UNKNOWN", "2" = "MALE", "3" = "FEMALE" }
[columns."出生"]
to = "person.birth_date"
empty = "NOT_STATED_IN_SOURCE"
[columns."户籍"]
to = "person.household_division"
[columns."公诉机关"]
to = "prosecuting_party.procuratorate"
empty = "NOT_STATED_IN_SOURCE"
[columns."法院"]
to = "court.name"
empty = "NOT_STATED_IN_SOURCE"
[columns."案号"]
to = ["judgment_number.original", "instrument.reference"]
[columns."宣判"]
to = "pronounced_on"
[columns."生效"]
to = "final_on"
empty = "NOT_STATED_IN_SOURCE"
[columns."罪名"]
to = "offences[0].name"
[columns."犯罪日"]
to = ["offences[0].conduct_from", "offences[0].conduct_to"]
empty = "NOT_STATED_IN_SOURCE"
[columns."刑种"]
to = "combined_penalty.kind"
values = { "管制" = "CONTROL", "拘役" = "CRIMINAL_DETENTION", "有期徒刑" = "FIXED_TERM" }
[columns."月"]
to = "combined_penalty.months"
"""
_KINDS = {
    record_pb2.PENALTY_KIND_CONTROL: "管制",
    record_pb2.PENALTY_KIND_CRIMINAL_DETENTION: "拘役",
    record_pb2.PENALTY_KIND_FIXED_TERM: "有期徒刑",
}


def measure(*, quick: bool) -> Measured:
    """Import a table of real outcomes with ever new persons at a node process of its own."""
    number = 6_000 if quick else 30_000
    with tempfile.TemporaryDirectory(prefix="hutong-bench-import-") as folder, running(NODE) as federation:
        file, mapped = write(Path(folder), number)
        with measuring(federation) as spent:
            report = import_file(
                federation.layout.home, NODE, officer="登记员甲", file=file, quiet=True, map_file=mapped
            )
    settled = report["entered"] + report["repeated"] + report["quarantined"]
    note = (
        f"{report['entered']:,} entered, {report['quarantined']:,} in quarantine; CSV by a map, one importer"
    )
    return Measured(
        "import",
        [Figure("import of a table at one node", settled / spent.seconds, "rows/s", 3000, note=note)],
        spent.cpu,
        [
            *spent.remarks(),
            f"CPU a row: node {spent.cpu[NODE] / settled * 1e6:.0f} µs, importer "
            f"{spent.cpu['client'] / settled * 1e6:.0f} µs",
        ],
    )


def write(folder: Path, number: int) -> tuple[Path, Path]:
    """Write a table of `number` rows and its map into `folder`; return both."""
    file, mapped = folder / "table.csv", folder / "map.toml"
    mapped.write_text(MAP, "utf-8")
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(rows(number))
    return file, mapped


def rows(number: int) -> Iterator[list[str]]:
    """Yield rows of records that a term of whole months fits, each different from all others."""
    seen = set[tuple[str, str]]()
    for record in records("police", number * 4):
        person, penalty = record.person, record.combined_penalty
        known = person.identifiers and person.names and record.offences and person.household_division
        if penalty.kind not in _KINDS or penalty.days or not known or not record.judgment_number.original:
            continue
        judged = (person.identifiers[0].number, record.judgment_number.original)
        if judged in seen:
            continue
        seen.add(judged)
        offence = record.offences[0]
        yield [
            person.names[0].text, person.identifiers[0].number, str(person.sex), person.birth_date,
            person.household_division, record.prosecuting_party.procuratorate, record.court.name,
            record.judgment_number.original, record.pronounced_on, record.final_on, offence.name,
            offence.conduct_from, _KINDS[penalty.kind], str(penalty.months),
        ]  # fmt: skip
        if len(seen) == number:
            return


@click.command()
@click.argument("number", metavar="ROWS", type=click.IntRange(min=1))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(number: int, folder: Path) -> None:
    """Write table.csv with ROWS rows of synthetic persons, and its map.toml, into FOLDER."""
    for made in write(folder, number):
        echo(str(made))


if __name__ == "__main__":
    main()

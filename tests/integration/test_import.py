"""`hutong node import`: tables become records at a running node, on line and from paper (R60, R61, R63)."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from compose.bulk.map_file import load_map
from compose.bulk.resuming import ImportState
from compose.bulk.source import SourceRow, open_source
from compose.cli import main
from compose.node.importing import enter_rows, import_file
from federation.errors import InvalidRequest
from federation.v1 import query_pb2, record_pb2
from tests.support.asking import case
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.tables import MAP, REGISTER, as_csv, row

Fed = LocalFederation


def imported(fed: Fed, file: Path, **options: Any) -> dict[str, Any]:
    return import_file(
        fed.layout.home,
        "police-1",
        officer="登记员甲",
        file=file,
        quiet=True,
        **({"map_file": MAP} | options),
    )


def command(fed: Fed, *arguments: str) -> Result:
    where = ("--home", str(fed.layout.home), "--node", "police-1", "--officer", "登记员甲")
    return CliRunner().invoke(main, ["node", "import", *where, *arguments])


def counts(summary: dict[str, Any]) -> tuple[int, int, int]:
    return summary["entered"], summary["repeated"], summary["quarantined"]


def test_r60_r61_what_is_entered_on_line_is_found_on_line_at_once(
    running_federation: Fed, tmp_path: Path
) -> None:
    someone, file = Someone(name="欧阳锋"), tmp_path / "table.csv"
    file.write_bytes(as_csv([row(someone)], "gb18030"))
    done = command(running_federation, str(file), "--map", str(MAP), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["entered"] == 1
    answer = running_federation.client("police").ask(case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_RECORD
    assert len(answer.convictions) == 1


def test_r63_what_was_on_paper_says_so_in_its_provenance(running_federation: Fed, tmp_path: Path) -> None:
    someone, file = Someone(), tmp_path / "paper.csv"
    file.write_bytes(as_csv([row(someone)]))
    assert counts(imported(running_federation, file)) == (1, 0, 0)
    entered = [e for e in running_federation.node_entries("police") if e["kind"] == "entered"][-1]
    client = running_federation.client("police")
    event = client.register.history("police-1", str(entered["record"]))[0]
    assert event.provenance.instrument.kind == record_pb2.INSTRUMENT_KIND_PAPER
    assert event.provenance.officer == "登记员甲"
    assert event.record.combined_penalty.months == 36
    assert event.record.supplementary_penalties[0].amount_yuan == 5000
    assert event.record.execution[0].on == "2022-06-20"


def test_r63_the_example_of_the_documentation_is_entered_and_its_two_faulty_rows_can_be_mended(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(REGISTER.read_bytes())
    first = imported(running_federation, file)
    assert counts(first) == (6, 0, 2)
    assert not (tmp_path / "register.csv.police-1.import-state.json").exists()
    assert counts(imported(running_federation, file)) == (0, 6, 2)
    kept = [json.loads(line) for line in Path(first["quarantine_file"]).read_text("utf-8").splitlines()]
    assert [(k["row"], [r["field"] for r in k["reasons"]]) for k in kept] == [
        (8, ["person.identifiers[0].number"]),
        (9, ["性别", "犯罪日期", "决定执行的刑罚"]),
    ]
    kept[0]["cells"]["公民身份号码"] = Someone(born=date(1988, 8, 8)).number
    kept[1]["cells"] |= {"性别": "女", "犯罪日期": "2012年2月3日", "决定执行的刑罚": "有期徒刑九个月"}
    mended = Path(first["quarantine_file"])
    mended.write_text("\n".join(json.dumps(k, ensure_ascii=False) for k in kept), "utf-8")
    again = imported(running_federation, mended)
    assert counts(again) == (2, 0, 0)
    assert not again["quarantine_file"]


def test_a_workbook_says_the_same_as_a_csv_file(running_federation: Fed, tmp_path: Path) -> None:
    rows = [row(Someone()) for _ in range(5)]
    file, book, other = tmp_path / "t.csv", openpyxl.Workbook(), tmp_path / "t.xlsx"
    file.write_bytes(as_csv(rows))
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for each in rows:
        sheet.append(list(each.values()))
    book.save(other)
    assert counts(imported(running_federation, other)) == (5, 0, 0)
    assert counts(imported(running_federation, file)) == (0, 5, 0)


def test_an_interrupted_import_goes_on_where_it_was_acknowledged(
    running_federation: Fed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compose.node.importing.PAGE", 10)
    rows = [row(Someone()) for _ in range(45)]
    for faulty in (3, 17, 29, 44):
        rows[faulty]["性别"] = "?"
    file = tmp_path / "long.csv"
    file.write_bytes(as_csv(rows))
    source = open_source(file, load_map(MAP))
    identity = _identity(running_federation, file)
    client = running_federation.client("police", "登记员甲")
    state = ImportState(file, identity)

    def stopped_after(rows: int) -> None:
        with state, closing(enter_rows(client, "police-1", source, state)) as entering:
            while next(entering) < rows:
                pass
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_after(25)
    assert state.counts.done >= 25
    summary = imported(running_federation, file)
    assert summary["resumed_after"] == state.counts.done
    # What was durable at the node but not yet told is told now as being there.
    assert summary["entered"] + summary["repeated"] == 41
    assert summary["quarantined"] == 4
    kept = Path(summary["quarantine_file"]).read_text("utf-8").splitlines()
    assert [json.loads(line)["row"] for line in kept] == [5, 19, 31, 46]


def _identity(fed: Fed, file: Path) -> dict[str, str]:
    return {
        "file": hashlib.sha256(file.read_bytes()).hexdigest(),
        "map": hashlib.sha256(MAP.read_bytes()).hexdigest(),
        "node": "police-1",
        "home": str(fed.layout.home.resolve()),
    }


def test_rows_before_a_broken_one_are_entered_and_the_fault_is_told_with_its_line(
    running_federation: Fed, tmp_path: Path
) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(as_csv([row(Someone()) for _ in range(3)]) + b'9,"open\r\nand,on\r\n')
    done = command(running_federation, str(file), "--map", str(MAP))
    assert done.exit_code == 1
    assert "line 5" in done.output
    assert "Traceback" not in done.output
    whole = tmp_path / "mended.csv"
    whole.write_bytes(file.read_bytes().partition(b'9,"open')[0])
    assert counts(imported(running_federation, whole)) == (0, 3, 0)


def test_mended_quarantine_rows_are_never_overwritten(running_federation: Fed, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(as_csv([row(Someone(), 性别="?"), row(Someone())]))
    first = Path(imported(running_federation, file)["quarantine_file"])
    assert first.name == "register.csv.police-1.quarantine.jsonl"
    written = first.read_text("utf-8")
    assert imported(running_federation, file)["quarantine_file"] == str(first), "the same is written once"
    mended = written.replace('"?"', '"男"')
    first.write_text(mended, "utf-8")
    second = Path(imported(running_federation, file)["quarantine_file"])
    assert second.name == "register.csv.police-1.quarantine-2.jsonl"
    assert (first.read_text("utf-8"), second.read_text("utf-8")) == (mended, written)
    file.write_bytes(as_csv([row(Someone())]))
    assert imported(running_federation, file)["quarantine_file"] == ""
    assert first.read_text("utf-8") == mended, "an import without faults takes nothing away"


def test_a_file_has_a_quarantine_of_its_own_at_every_node(running_federation: Fed, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(as_csv([row(Someone(), 性别="?")]))
    home = running_federation.layout.home
    names = [
        Path(
            import_file(home, node, officer="登记员甲", file=file, quiet=True, map_file=MAP)[
                "quarantine_file"
            ]
        ).name
        for node in ("police-1", "justice-1")
    ]
    assert names == [f"register.csv.{node}.quarantine.jsonl" for node in ("police-1", "justice-1")]


def test_the_name_of_a_finished_quarantine_is_not_taken_over_by_an_importer_that_was_just_starting(
    tmp_path: Path,
) -> None:
    file, identity = tmp_path / "t.csv", {"node": "police-1"}
    with ImportState(file, identity) as first:
        first.keep(SourceRow(2, {"row": 2}), [])
        with pytest.raises(InvalidRequest, match="another process"), ImportState(file, identity):
            pytest.fail("two importers at once")
    assert first.quarantine is not None
    with ImportState(file, identity):
        assert first.quarantine.read_text("utf-8")


def test_json_lines_of_records_need_no_map_and_a_table_does(running_federation: Fed, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text('{"recordClass": "RECORD_CLASS_CRIMINAL"}\nnot json\n', "utf-8")
    summary = imported(running_federation, file, map_file=None)
    assert counts(summary) == (0, 0, 2)
    kept = [json.loads(k) for k in Path(summary["quarantine_file"]).read_text("utf-8").splitlines()]
    assert {r["rule"] for r in kept[1]["reasons"]} == {"FORMAT"}
    table = tmp_path / "table.csv"
    table.write_bytes(as_csv([]))
    done = command(running_federation, str(table))
    assert (done.exit_code, "--map" in done.output) == (1, True)

"""What cells, maps and whole files mean for an import, and what is said of those that mean nothing (R13, R63)."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.bulk.cells import as_date, as_text, offence_names
from compose.bulk.map_file import load_map
from compose.cli import main
from compose.shared.exit_codes import ExitCode
from federation.errors import InvalidRequest
from federation.v1 import record_pb2 as pb
from tests.support.read_tables import fault, items
from tests.support.records import Someone
from tests.support.tables import MAP, REGISTER, as_csv, row


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2012年3月1日", "2012-03-01"),
        ("二〇一二年三月一日", "2012-03-01"),
        ("二○一二年十二月三十一日", "2012-12-31"),
        ("2012-03-01", "2012-03-01"),
        ("2012/3/1", "2012-03-01"),
        ("2012.3.1", "2012-03-01"),
        ("20120301", "2012-03-01"),
        ("２０１２年３月１日", "2012-03-01"),
        ("2012-03-01 00:00:00", "2012-03-01"),
        ("41000", "2012-04-01"),
        (41000, "2012-04-01"),
        (41000.0, "2012-04-01"),
        (datetime(2012, 3, 1), "2012-03-01"),
        (date(2012, 3, 1), "2012-03-01"),
    ],
)
def test_a_day_is_understood_in_the_forms_that_tables_use(cell: str | int | date, day: str) -> None:
    assert as_date(cell) == day


@pytest.mark.parametrize(
    "cell", ["2012", "2012年3月", "2012-02-30", "2012年13月1日", "去年", "1/3/2012", "4100", 3.5]
)
def test_what_is_no_day_is_no_day(cell: str | float) -> None:
    with pytest.raises(ValueError, match=r"."):
        as_date(cell)


def test_only_a_birth_date_may_be_imprecise() -> None:
    assert as_date("1990年", partial=True) == "1990"
    assert as_date("1990年5月", partial=True) == "1990-05"
    assert as_date(1990, partial=True) == "1990"


def test_r19_offences_whose_names_hold_the_mark_stay_whole() -> None:
    seal = "伪造公司、企业、事业单位、人民团体印章罪"
    assert offence_names(f"诈骗罪、{seal}", "、") == ["诈骗罪", seal]
    assert offence_names("盗窃、诈骗", "、") == ["盗窃", "诈骗"]
    assert offence_names("走私、贩卖毒品罪；盗窃罪", "、") == ["走私、贩卖毒品罪", "盗窃罪"]
    assert offence_names("走私、贩卖毒品罪、盗窃罪", "、") == ["走私、贩卖毒品罪", "盗窃罪"]
    assert offence_names("走私罪、盗窃罪", "、") == ["走私罪", "盗窃罪"]
    securities = "伪造、变造国家有价证券罪"
    assert offence_names(f"{securities}、侮辱国旗、国徽罪", "、") == [securities, "侮辱国旗、国徽罪"]
    assert offence_names("诱骗投资者买卖证券罪、贪污、受贿", "、") == ["诱骗投资者买卖证券罪", "贪污", "受贿"]
    for unclear in ("走私、贩运古董罪、盗窃罪", "走私、盗窃"):
        with pytest.raises(ValueError, match="semicolon"):
            offence_names(unclear, "、")


def test_an_identity_number_that_a_spreadsheet_has_rounded_is_refused() -> None:
    with pytest.raises(ValueError, match="format the column as text"):
        as_text(990101198207040000)
    assert as_text(110105.0) == "110105"


def test_r13_an_empty_cell_becomes_an_unknown_with_the_reason_of_the_map(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    cells = row(
        Someone(), 公民身份号码="", 刑满日期="", 罪名="盗窃罪、诈骗罪", 犯罪日期="", 曾用名="阿三、阿四"
    )
    file.write_bytes(as_csv([cells]))
    (item,) = items(file)
    assert item.record is not None
    reasons = {u.field: pb.UnknownReason.Name(u.reason) for u in item.record.unknowns}
    assert reasons["person.identifiers"] == "UNKNOWN_REASON_NOT_STATED_IN_SOURCE"
    assert reasons["execution"] == "UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY"
    assert {"offences[0].conduct_from", "offences[1].conduct_from", "offences[1].conduct_to"} <= set(reasons)
    assert not item.record.person.identifiers
    assert [n.text for n in item.record.person.names[1:]] == ["阿三", "阿四"]
    assert {n.kind for n in item.record.person.names[1:]} == {pb.NAME_KIND_FORMER}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('[constants]\n"court.nam" = "x"', 'line 2, constants."court.nam": court.nam: Court has no field'),
        (
            '[columns."性别"]\nto = "person.sex"\nvalues = {"男" = "MAN"}',
            "line 3, columns.性别.values.男: 'MAN'",
        ),
        (
            '\n[columns."a"]\nto = "person.names.text"',
            "line 3, columns.a.to: person.names.text: names is a list",
        ),
        (
            '[columns."a"]\nto = "person.sex"\nempty = "LOST"',
            "line 3, columns.a.empty: 'LOST' is none of NOT_STATED",
        ),
        ('[columns."a"]\nto = "court.name"\nempti = "x"', "line 3, columns.a.empti: is no key of a map"),
        (
            '[columns."a"]\nto = "offences[0].name"\nempty = "ILLEGIBLE"',
            "line 3, columns.a.empty: only a mandatory",
        ),
        ('[columns."a"]\n', "line 1, columns.a.to: say where the column goes"),
        (
            '[columns."a"]\nto = ["court.name", "person.sex"]',
            "line 2, columns.a.to: its fields are of different",
        ),
        ('[columns."a"]\nto = "person"', "line 2, columns.a.to: is a part with fields of its own"),
        (
            '[columns."a"]\nto = "extensions.number"',
            "line 2, columns.a.to: extensions.number: 'number' is not a namespaced",
        ),
        (
            '[columns."a"]\nto = "extensions.cn.example.mps/risk_level"',
            "line 2, columns.a.to: extensions.cn.example.mps/risk_level: names a score or an opinion",
        ),
        ('provenance = "hearsay"', 'line 1, provenance: is "paper"'),
        ('[unknown]\n"offences" = "ILLEGIBLE"', "line 2, unknown.offences: is no mandatory field"),
        ('[format]\nencoding = "latin"', "line 2, format.encoding"),
        ("[format]\nheader_row = true", "line 2, format.header_row: input should be a valid integer"),
        (
            "[format]\nheader_row = 101",
            "line 2, format.header_row: input should be less than or equal to 100",
        ),
        ('[format]\ndelimiter = "--"', "line 2, format.delimiter: is one character"),
        (
            "[format]\nsheat = 1",
            "line 2, format.sheat: is no key of a map; there are encoding, delimiter, sheet",
        ),
        ("[follow]\nlook_back = -1", "line 2, follow.look_back: input should be greater than or equal to 0"),
        ("[follow]\nback = 1", "line 2, follow.back: is no key of a map; there are look_back"),
        ("[columns]\na = 1", "line 2, columns.a: is a table"),
        ('[columns."a.b"]\nto = "court.name"\nwith = 1', 'line 3, columns."a.b".with: is a table'),
        ('[columns.a]\nto = "court.name"\nvalues = {x = 1}', "line 3, columns.a.values.x: input should be a"),
        ("ignore = [1]", "line 1, ignore.0: input should be a valid string"),
        ("colums = 1", "line 1, colums: is no key of a map; there are format, provenance, columns"),
        ("[columns\n", "is not TOML"),
        ("", "maps no column"),
    ],
)
def test_a_wrong_map_is_told_with_key_and_line(tmp_path: Path, wrong: str, message: str) -> None:
    file = tmp_path / "map.toml"
    file.write_text(wrong, "utf-8")
    with pytest.raises(InvalidRequest) as caught:
        load_map(file)
    assert message in str(caught.value)


def test_everything_that_is_wrong_with_a_map_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('[format]\nsheet = 1\nrow = 1\n[columns."a"]\nempty = 2\n', "utf-8")
    with pytest.raises(InvalidRequest) as caught:
        load_map(file)
    assert [v.field for v in caught.value.violations] == [
        "map line 2, format.sheet",
        "map line 3, format.row",
        "map line 4, columns.a.to",
        "map line 5, columns.a.empty",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_found_out(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(as_csv([row(Someone(name="㐀梅"))], encoding))
    (item,) = items(file)
    assert item.record is not None
    assert item.record.person.names[0].text == "㐀梅"


REGISTERED = REGISTER.read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not even the names of columns"),
        (REGISTERED.decode().encode("utf-16"), "UTF-16"),
        (REGISTERED + b"\xff\xfe\xff\n", "breaks at line 10"),
        (REGISTERED + b'9,"open\n' * 2, "line 10: the row cannot be read"),
        (REGISTERED + b"x" * 2_000_000, "line 10: is longer than"),
        (REGISTERED + b'9,"' + b"y" * 10_000_000 + b'"\n', "line 10: is longer than"),
        (REGISTERED.decode().replace("曾用名", "姓名").encode(), "'姓名' twice"),
        (REGISTERED.decode().replace("曾用名", "").encode(), "column 3: has no name"),
        (REGISTERED.decode().replace("备注", "绰号").encode(), "column 绰号: is not in the map"),
        (REGISTERED.decode().replace("性别", "备注一").encode(), "columns.性别: the file has no such column"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    assert message in fault(file)


def test_a_bad_row_is_told_alone_and_the_others_go_on(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    text = as_csv(
        [row(Someone(), 姓名="张\0三"), row(Someone(), 备注="长" * 40_000), row(Someone())]
    ).decode()
    file.write_text(text + "只有,两格\r\n", "utf-8", newline="")
    found = items(file)
    assert [[v.rule for v in item.faults] for item in found] == [["TEXT"], ["SIZE"], [], ["CELLS"]]
    assert found[3].kept["row"] == 5


def test_explain_and_dry_run_need_no_federation() -> None:
    checked = CliRunner().invoke(
        main, ["node", "import", str(REGISTER), "--map", str(MAP), "--dry-run", "--json"]
    )
    assert checked.exit_code == ExitCode.ROWS_LEFT, checked.output
    report = json.loads(checked.output)
    assert (report["rows"], report["fit"], report["faulty"]) == (8, 6, 2)
    assert {"field": "性别", "first_row": 9}.items() <= next(
        f for f in report["faults"] if f["field"] == "性别"
    ).items()
    shown = CliRunner().invoke(main, ["node", "import", str(REGISTER), "--map", str(MAP), "--explain", "1"])
    assert shown.exit_code == 0, shown.output
    assert "combined_penalty.months" in shown.output
    assert "can be entered" in shown.output

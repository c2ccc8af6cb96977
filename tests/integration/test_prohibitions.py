"""What courts forbid goes through entry, import and answers; an order may name a victim: not for lawyers (R20, R38)."""

from __future__ import annotations

from pathlib import Path

from compose.node.importing import import_file
from federation.documents.chinese import prohibition
from federation.merging.precedence import FIELDS
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from tests.support.asking import case, defence
from tests.support.local import LocalFederation
from tests.support.records import Someone, record
from tests.support.tables import MAP, as_csv, row

Fed = LocalFederation
BAN = pb.Prohibition(kind=pb.PROHIBITION_KIND_OCCUPATION, scope="医师", months=36)
ORDER = pb.Prohibition(kind=pb.PROHIBITION_KIND_ORDER, scope="接触被害人王某", months=24)


def with_order(someone: Someone) -> pb.Record:
    made = record(someone)
    made.combined_penalty.probation_months = 48
    made.prohibitions.append(ORDER)
    return made


def answered(federation: Fed, query: query_pb2.Query) -> pb.Record:
    (found,) = federation.client("police").ask(query).answer.convictions
    return found.record


def test_r20_a_ban_that_was_entered_is_answered(running_federation: Fed) -> None:
    someone = Someone()
    made = record(someone)
    made.prohibitions.append(BAN)
    running_federation.enter("procuratorate", made)
    assert [*answered(running_federation, case(someone.subject())).prohibitions] == [BAN]
    assert [*answered(running_federation, defence(someone.subject())).prohibitions] == [BAN]


def test_r38_a_lawyer_is_not_shown_an_order_which_may_name_a_victim(running_federation: Fed) -> None:
    someone = Someone()
    running_federation.enter("procuratorate", with_order(someone))
    assert [*answered(running_federation, case(someone.subject())).prohibitions] == [ORDER]
    done = running_federation.client("police").ask(defence(someone.subject()))
    assert "王某" not in str(done.answer)
    assert all("王某".encode() not in each.SerializeToString() for each in done.answer.evidence)


def test_r20_a_ban_that_was_imported_is_answered(running_federation: Fed, tmp_path: Path) -> None:
    someone, file, own_map = Someone(), tmp_path / "bans.csv", tmp_path / "map.toml"
    own_map.write_text(
        MAP.read_text("utf-8").replace('"备注"', "").replace(", ]", "]")
        + """
[columns."备注"]
to = "prohibitions[0].scope"
with = { "prohibitions[0].kind" = "OCCUPATION", "prohibitions[0].months" = 36 }
""",
        "utf-8",
    )
    file.write_bytes(as_csv([row(someone, 备注="医师")]))
    done = import_file(
        running_federation.layout.home, "police-1", officer="甲", file=file, quiet=True, map_file=own_map
    )
    assert (done["entered"], done["quarantined"]) == (1, 0), done["quarantine_file"]
    assert [*answered(running_federation, case(someone.subject())).prohibitions] == [BAN]


def test_r20_what_is_forbidden_is_told_in_words() -> None:
    assert prohibition(BAN) == "禁止从事医师职业3年"
    lifelong = pb.Prohibition(kind=BAN.kind, scope="教师", for_life=True)
    assert prohibition(lifelong) == "禁止从事教师职业终身"
    dated = pb.Prohibition(kind=BAN.kind, scope="医师", until="2025-06-01")
    setattr(dated, "from", "2022-06-01")
    assert prohibition(dated) == "禁止从事医师职业自2022年6月1日至2025年6月1日"
    assert prohibition(ORDER) == "禁止令（接触被害人王某）2年"
    shown = FIELDS["prohibitions"].show(pb.Record(prohibitions=[dated, lifelong]))
    assert shown == "occupation 医师 2022-06-01..2025-06-01; occupation 教师 for life"

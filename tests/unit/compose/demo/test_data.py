"""The demo's data: dirty files are read whole, persons repeat exactly, and only what should be refused is."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from compose.demo.casting import ROLES, cast, complete
from compose.demo.outcomes import COLUMNS, SUPPLIED, Row, read_outcomes
from compose.demo.synthesis import FacetPlan, facets
from federation.errors import InvalidRequest
from federation.law import sealing
from federation.record.facts import facts_of
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from federation.values.identifiers import check_citizen_id, normalise_identifier

TODAY = date(2026, 1, 1)
HEADER = ",".join(COLUMNS)
GOOD = "J1,2014-05-06,云水县人民检察院,盗窃,264,10,0,0,1000"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(read_outcomes(SUPPLIED))


@pytest.fixture(scope="module")
def plans(rows: list[Row]) -> list[FacetPlan]:
    return list(facets(rows, 1))


def written(folder: Path, content: str | bytes) -> list[Row]:
    path = folder / "outcomes.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_outcomes(path))


def admitted(plan: FacetPlan) -> bool:
    try:
        admit(plan.record, today=TODAY, allow_synthetic=True)
    except InvalidRequest:
        return False
    return True


def test_every_row_of_the_supplied_file_is_read(rows: list[Row]) -> None:
    assert len(rows) == 3675
    assert not [row for row in rows if row.problems]
    assert sum(row.first_date is None for row in rows) == 467


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_is_understood_however_it_was_saved(tmp_path: Path, encoding: str, ending: str) -> None:
    text = ending.join([HEADER, "", GOOD, "   ", ",,,,,,,,", '"J2",,"",盗窃|抢劫,264|263,"36",0,0,0'])
    found = written(tmp_path, text.encode(encoding))
    assert [row.case_id for row in found] == ["J1", "J2"]
    assert found[0].procuratorate == "云水县人民检察院"
    assert found[1].offences == ("盗窃", "抢劫")
    assert not found[0].problems + found[1].problems


def test_columns_may_stand_in_another_order_beside_others(tmp_path: Path) -> None:
    names = [*reversed(COLUMNS), "note"]
    cells = [*reversed(GOOD.split(",")), "x"]
    assert written(tmp_path, ",".join(names) + "\n" + ",".join(cells))[0].months == 10


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="fine_yuan: the file has no such column"):
        written(tmp_path, HEADER.replace(",fine_yuan", "") + "\n" + GOOD)
    for empty in ("", "\n\n"):
        with pytest.raises(InvalidRequest, match="case_id"):
            written(tmp_path, empty)
    with pytest.raises(InvalidRequest, match="No such file"):
        list(read_outcomes(tmp_path / "none.csv"))
    with pytest.raises(InvalidRequest, match="directory"):
        list(read_outcomes(tmp_path))


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("J1,2014-02-30,x,盗窃,264,10,0,0,0", "first_date_in_facts"),
        ("J1,9999-12-31,x,盗窃,264,10,0,0,0", "first_date_in_facts"),
        ("J1,2014-05-06,x,,264,10,0,0,0", "offences"),
        ("J1,2014-05-06,x,盗窃,264,ten,0,0,0", "imprisonment_months"),
        ("J1,2014-05-06,x,盗窃,264,-1,0,0,0", "imprisonment_months"),
        ("J1,2014-05-06,x,盗窃,264,,0,0,0", "imprisonment_months"),
        ("J1,2014-05-06,x,盗窃,264,99999999999999999999,0,0,0", "imprisonment_months"),
        ("J1,2014-05-06,x,盗窃,264,10,2,0,0", "life_imprisonment"),
        ("J1,2014-05-06,x,盗窃,264,10,0,0,1e9", "fine_yuan"),
        ("J1,2014-05-06,x,盗窃,264,10,0,0", "offences"),
        ("J1", "offences"),
        ('J1,"2014-05-06,x,盗窃,264,10,0,0,0', "offences"),
        (f"J1,2014-05-06,{'x' * 200_000},盗窃,264,10,0,0,0", "offences"),
        (f"J1,2014-05-06,{'x' * 2_000},盗窃,264,10,0,0,0", "procuratorate"),
        ("J1,2014-05-06,x\x00y,盗窃,264,10,0,0,0", "procuratorate"),
        ("J1,2014-05-06,x\u202ey,盗窃,264,10,0,0,0", "procuratorate"),
    ],
)
def test_a_bad_line_is_a_row_that_is_refused_and_the_next_line_is_read(
    tmp_path: Path, line: str, column: str
) -> None:
    found = written(tmp_path, f"{HEADER}\n{line}\n{GOOD}\n")
    assert len(found) == 2
    assert column in {problem.column for problem in found[0].problems}
    assert not found[1].problems
    planned = list(facets(found, 1))
    spoilt = [plan for plan in planned if plan.kind == "invalid" and "row:unreadable" in plan.marks]
    assert len(spoilt) >= 2
    assert not any(admitted(plan) for plan in spoilt)
    assert all(plan.record.extensions for plan in spoilt)


def test_bytes_that_are_no_text_spoil_their_own_row_only(tmp_path: Path) -> None:
    good = f"{HEADER}\n{GOOD}\n"
    found = written(tmp_path, good.encode() + b"J2,2014-05-06,\xff\xfe,x,1,1,0,0,0\n" + b"\n" + GOOD.encode())
    assert [bool(row.problems) for row in found] == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"months": 1}, pb.PENALTY_KIND_CRIMINAL_DETENTION),
        ({"months": 5}, pb.PENALTY_KIND_CRIMINAL_DETENTION),
        ({"months": 6}, pb.PENALTY_KIND_FIXED_TERM),
        ({"months": 6, "offences": ("危险驾驶",)}, pb.PENALTY_KIND_CRIMINAL_DETENTION),
        ({"months": 0, "fine_yuan": 1000}, pb.PENALTY_KIND_SUPPLEMENTARY_ONLY),
        ({"months": 0}, pb.PENALTY_KIND_EXEMPT),
        ({"months": 0, "life": True}, pb.PENALTY_KIND_LIFE),
        ({"months": 36, "life": True, "offences": ("抢劫", "盗窃")}, pb.PENALTY_KIND_LIFE),
    ],
)
def test_a_row_becomes_the_penalty_that_the_law_knows(
    changes: dict[str, object], kind: pb.PenaltyKind.ValueType
) -> None:
    row = Row(line=1, case_id="J1", first_date=date(2014, 5, 6), offences=("盗窃",), months=10)
    planned = list(facets([replace(row, **changes)], 1))  # type: ignore[arg-type]
    assert {plan.record.combined_penalty.kind for plan in planned} == {kind}
    assert all(admitted(plan) for plan in planned if plan.kind == "record")


@pytest.mark.parametrize(
    "changes", [{"life": True, "months": 60}, {"life": True, "death": True, "months": 0}, {"months": 301}]
)
def test_a_row_that_contradicts_itself_is_carried_on_to_be_refused(changes: dict[str, object]) -> None:
    row = Row(line=1, case_id="J1", first_date=date(2014, 5, 6), offences=("盗窃",))
    planned = list(facets([replace(row, **changes)], 1))  # type: ignore[arg-type]
    assert planned
    assert all(plan.kind == "invalid" and not admitted(plan) for plan in planned)


def test_nodes_take_what_is_meant_to_be_entered_and_refuse_what_is_not(plans: Sequence[FacetPlan]) -> None:
    wrong = [plan for plan in plans if admitted(plan) == (plan.kind == "invalid")]
    assert not [(plan.case_id, plan.agency, plan.kind, plan.marks) for plan in wrong]


def test_the_shares_of_flaws_are_as_planned(plans: Sequence[FacetPlan]) -> None:
    kinds = Counter(plan.kind for plan in plans)
    assert 0.015 < kinds["duplicate"] / len(plans) < 0.03
    assert 0.005 < kinds["invalid"] / len(plans) < 0.02
    marks = Counter(mark.split(":")[0] for plan in plans for mark in plan.marks)
    for mark, least in {"written": 0.2, "gap": 0.04, "differs": 0.02, "declared": 0.02}.items():
        assert marks[mark] / len(plans) > least
    agencies = Counter(plan.agency for plan in plans)
    assert agencies["police"] > 3600
    assert agencies["justice"] > 2500
    assert 10 < agencies["state_security"] < 60


def test_every_identity_number_is_synthetic_and_well_formed(plans: Sequence[FacetPlan]) -> None:
    for plan in plans:
        if plan.kind == "record":
            for identifier in plan.record.person.identifiers:
                number = normalise_identifier("citizen_id", identifier.number)
                assert number.startswith("99")
                check_citizen_id(number, allow_synthetic=True)


def test_ages_spread_over_minors_adults_and_the_boundaries(plans: Sequence[FacetPlan]) -> None:
    ages: list[int] = []
    boundary = 0
    for plan in plans:
        record = plan.record
        if plan.agency == "procuratorate" and record.person.birth_date and record.offences[0].conduct_from:
            born = date.fromisoformat(record.person.birth_date)
            acted = date.fromisoformat(record.offences[0].conduct_from)
            ages.append(acted.year - born.year - ((acted.month, acted.day) < (born.month, born.day)))
            boundary += ages[-1] == 18 and acted.month == born.month and acted.day - born.day in (0, 1)
    assert min(ages) >= 13
    assert max(ages) > 60
    assert 0.15 < sum(age < 18 for age in ages) / len(ages) < 0.4
    assert boundary > 50


def test_all_three_sealing_states_occur(plans: Sequence[FacetPlan]) -> None:
    records = [plan.record for plan in plans if plan.kind == "record"]
    statuses = Counter(sealing.decide(facts_of(record), "practice-2022").status for record in records)
    assert statuses[sealing.Status.SEALED] > 1000
    assert statuses[sealing.Status.WITHHELD] > 100
    assert statuses[sealing.Status.OPEN] > 5000


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(rows: list[Row]) -> None:
    def all_bytes(seed: int) -> list[bytes]:
        return [p.record.SerializeToString(deterministic=True) for p in facets(rows[:200], seed)]

    assert all_bytes(1) == all_bytes(1)
    assert all_bytes(1) != all_bytes(2)


def test_rows_added_or_removed_elsewhere_change_nothing_for_the_others(rows: list[Row]) -> None:
    few = {(p.case_id, p.agency, p.kind): p for p in facets(rows[50:80], 1)}
    extra = Row(line=0, case_id="X", offences=("盗窃",), months=7)
    more = {(p.case_id, p.agency, p.kind): p for p in facets([*rows[:60], extra, *rows[60:90]], 1)}
    assert few.items() <= more.items()


def test_some_persons_have_two_judgments(plans: Sequence[FacetPlan]) -> None:
    cases = defaultdict(set)
    for plan in plans:
        if plan.kind == "record" and plan.record.person.identifiers:
            number = normalise_identifier("citizen_id", plan.record.person.identifiers[0].number)
            cases[number].add(plan.case_id)
    assert sum(len(held) == 2 for held in cases.values()) > 20
    assert max(len(held) for held in cases.values()) < 12


@pytest.mark.parametrize("seed", [1, 2, 2012])
def test_somebody_fits_every_role_of_the_demo(rows: list[Row], seed: int) -> None:
    planned = list(facets(rows, seed))
    chosen = cast(planned, seed)
    assert not chosen.missing
    assert chosen.sealed
    assert chosen.conflict
    assert chosen.barred
    assert all(
        sealing.decide(facts_of(plan.record), "practice-2022").status is sealing.Status.SEALED
        for plan in chosen.sealed.plans
    )
    assert {"police", "procuratorate", "justice"} <= set(chosen.conflict.agencies)
    assert len({getattr(chosen, role).id_number for role in ROLES} | {chosen.nobody.id_number}) == 5
    numbers = {i.number for plan in planned for i in plan.record.person.identifiers}
    assert chosen.nobody.id_number not in numbers


def test_a_small_file_is_helped_out_with_stand_ins(tmp_path: Path) -> None:
    planned = list(facets(written(tmp_path, f"{HEADER}\n{GOOD}\n"), 1))
    chosen, added = complete(planned, 1)
    assert set(chosen.missing) <= {"twice"}
    assert added
    assert all(plan.case_id.startswith("stand-in-") for plan in added)
    assert all(admitted(plan) for plan in added)

"""`hutong explain` as a program: one line out for each line in, whatever comes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.explain.explain_forms import explain_case_number, explain_disclosure, explain_sealing
from compose.explain.strict_json import LONGEST_LINE, BadLine, parse_line, read_lines
from federation.law.disclosure import Disclosure
from tests.support.waiting import PATIENCE_S

RULES = Disclosure()
PROGRAM = [sys.executable, "-c", "from compose.explain.explain import explain; explain(prog_name='explain')"]


def run(command: str, data: bytes, *arguments: str) -> list[dict[str, Any]]:
    """Return what a real process answers to these bytes; it never ends in an error."""
    done = subprocess.run(
        [*PROGRAM, command, *arguments], input=data, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


SEALING: dict[str, Any] = {
    "birth_date": "2000-01-01",
    "offences": [{"name": "盗窃罪", "from": "2017-12-31", "to": "2017-12-31"}],
    "main_acts_before_18": "yes",
    "penalty": {"kind": "fixed_term", "months": 60, "days": 0},
    "profile": "practice-2022",
}
DISCLOSURE: dict[str, Any] = {
    "asker": {"class": "police"},
    "purpose": "case",
    "context": {"case_number": "x"},
    "record": {"class": "criminal", "sealed": False},
}


def line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def offence(**changes: object) -> dict[str, object]:
    first: dict[str, object] = SEALING["offences"][0]
    return {"offences": [first | changes]}


def penalty(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = SEALING["penalty"]
    return {"penalty": usual | changes}


BAD_BYTES: Sequence[bytes] = [
    b"\n",
    b"  \r\n",
    b"[]\n",
    b"null\n",
    b'"text"\n',
    b"{\n",
    b"{} {}\n",
    b"\xff\xfe\n",
    b'{"text": "\xc3\x28"}\n',
    b'{"text": NaN}\n',
    b'{"text": -Infinity}\n',
    b'{"text": 1e400}\n',
    b'{"text": "a", "text": "b"}\n',
    b'{"text": "\\ud800"}\n',
    b'{"\\udfff": 1}\n',
    b'{"text": ' + b"9" * 5000 + b"}\n",
    b"[" * 200_000 + b"\n",
    b'{"a":' * 200_000 + b"\n",
    b'{"text": "' + b"x" * 10_000_000 + b'"}\n',
    b"\x00\n",
    b"\xef\xbb\xbf{}\n",
]


def test_every_bad_line_gives_one_line_and_the_next_is_read() -> None:
    good = line({"text": "(2012)朝刑初字第123号"})
    for command in ("sealing", "disclosure", "case-number"):
        answers = run(command, b"".join([*BAD_BYTES, good]))
        assert len(answers) == len(BAD_BYTES) + 1
        for answer in answers[:-1]:
            assert set(answer) == {"error", "field"}
            assert answer["error"]
    assert answers[-1]["canonical"] == "（2012）朝刑初字第123号"


def test_the_questions_of_the_manual_are_answered() -> None:
    bom = b"\xef\xbb\xbf"
    (sealing,) = run("sealing", bom + line(SEALING))
    assert set(sealing) == {"status", "rule", "clause", "reason", "offences"}
    assert (sealing["status"], sealing["offences"]) == ("SEALED", ["SEALED"])
    (ruling,) = run("disclosure", line(DISCLOSURE).rstrip(b"\n"))
    assert (ruling["decision"], ruling["shown"]) == ("permit", "full")
    assert set(ruling["policies"][0]) == {"id", "clause", "says"}
    (number,) = run("case-number", line({"text": "(2012)朝刑初字第123号"}))
    assert (number["year"], number["court"], number["kind"], number["number"]) == (2012, "朝", "刑初", 123)
    (refused,) = run("case-number", line({"text": "（2012）朝民初字第123号"}))
    assert refused["field"] == "text"
    assert "civil" in refused["error"]


def test_a_file_may_be_named_and_a_missing_one_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(line(SEALING) * 3)
    assert len(run("sealing", b"", str(path))) == 3
    done = subprocess.run([*PROGRAM, "sealing", str(tmp_path / "no")], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_each_answer_is_there_before_the_next_question() -> None:
    with subprocess.Popen([*PROGRAM, "sealing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(3):
            process.stdin.write(line(SEALING))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["status"] == "SEALED"
        process.stdin.close()
        assert process.wait(timeout=PATIENCE_S) == 0


def test_asking_about_sealing_loads_no_server() -> None:
    code = "import sys, compose.explain.explain; sys.exit('grpc' in sys.modules or 'cedarpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": "2017-02-30"}, "birth_date"),
        ({"birth_date": 2000}, "birth_date"),
        ({"birth_date": ""}, "birth_date"),
        ({"offences": []}, "offences"),
        ({"offences": {}}, "offences"),
        ({"offences": [1]}, "offences[0]"),
        (offence(name=None), "offences[0].name"),
        (offence(name=" "), "offences[0].name"),
        (offence(**{"from": "2017-02-30"}), "offences[0].from"),
        (offence(**{"from": "2018-01-01"}), "offences[0].to"),
        (offence(**{"from": "1999-12-31"}), "offences[0].from"),
        (offence(**{"from": None, "to": "1999-12-31"}), "offences[0].to"),
        (offence(where="here"), "offences[0].where"),
        ({"main_acts_before_18": True}, "main_acts_before_18"),
        ({"main_acts_before_18": "perhaps"}, "main_acts_before_18"),
        (penalty(months=-1), "penalty.months"),
        (penalty(months=True), "penalty.months"),
        (penalty(months=60.0), "penalty.months"),
        (penalty(months="60"), "penalty.months"),
        (penalty(days=31), "penalty.days"),
        (penalty(days=-1), "penalty.days"),
        (penalty(foo=1), "penalty.foo"),
        (penalty(kind="exile"), "penalty.kind"),
        (penalty(kind=None), "penalty.kind"),
        ({"penalty": {"months": 3}}, "penalty.kind"),
        ({"penalty": {"kind": "fixed_term"}}, "penalty.months"),
        ({"penalty": "exempt"}, "penalty"),
        ({"profile": "opinion-2099"}, "profile"),
        ({"court_age_finding": "17"}, "court_age_finding"),
        ({"adulthood_proven": "no"}, "adulthood_proven"),
        ({"name": "张三"}, "name"),
    ],
)
def test_a_wrong_sealing_question_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadLine) as fault:
        explain_sealing(SEALING | changes)
    assert fault.value.field == field


@pytest.mark.parametrize("key", ["birth_date", "offences", "penalty"])
def test_r13_what_is_unknown_is_said_not_left_out(key: str) -> None:
    with pytest.raises(BadLine, match="missing") as fault:
        explain_sealing({k: v for k, v in SEALING.items() if k != key})
    assert fault.value.field == key


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"asker": {"class": "neighbour"}}, "asker.class"),
        ({"asker": {}}, "asker.class"),
        ({"asker": None}, "asker"),
        ({"purpose": "curiosity"}, "purpose"),
        ({"purpose": ["case"]}, "purpose"),
        ({"record": {"class": "rumour", "sealed": False}}, "record.class"),
        ({"record": {"class": "criminal"}}, "record.sealed"),
        ({"record": {"class": "criminal", "sealed": 0}}, "record.sealed"),
        ({"record": {"class": "criminal", "sealed": False, "sealed_by": ["S1"]}}, "record.sealed_by"),
        ({"record": {"class": "criminal", "sealed": True, "sealed_by": []}}, "record.sealed_by"),
        ({"record": {"class": "criminal", "sealed": True, "sealed_by": ["S9"]}}, "record.sealed_by[0]"),
        ({"context": {"case_number": 1}}, "context.case_number"),
        ({"context": {"undertaking": "yes"}}, "context.undertaking"),
        ({"context": {"mood": "good"}}, "context.mood"),
        ({"context": {"function": "gardening"}}, "context.function"),
        ({"context": []}, "context"),
        ({"officer": "x"}, "officer"),
    ],
)
def test_a_wrong_disclosure_question_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadLine) as fault:
        explain_disclosure(DISCLOSURE | changes, RULES)
    assert fault.value.field == field


@pytest.mark.parametrize(
    "context", [None, {}, {"case_number": ""}, {"case_number": None}, {"case_number": " "}]
)
def test_an_absent_circumstance_is_empty_or_false(context: object) -> None:
    answer = explain_disclosure(DISCLOSURE | {"context": context}, RULES)
    assert answer["decision"] == "forbid"
    without = {key: value for key, value in DISCLOSURE.items() if key != "context"}
    assert explain_disclosure(without, RULES) == answer


def test_an_offence_with_an_unheard_of_name_is_judged_like_any_other() -> None:
    assert explain_sealing(SEALING | offence(name="没有的罪"))["status"] == "SEALED"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*SEALING, *DISCLOSURE, "court_age_finding", "adulthood_proven", "text"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from([SEALING, DISCLOSURE, {"text": "x"}]))
def test_whatever_is_asked_is_answered_or_refused_with_its_field(
    changes: dict[str, object], question: dict[str, object]
) -> None:
    value = parse_line(line(question | changes)) if "\\ud" not in json.dumps(changes) else changes
    for rule in (explain_sealing, explain_case_number, lambda v: explain_disclosure(v, RULES)):
        try:
            json.dumps(rule(value), ensure_ascii=False).encode()
        except BadLine as fault:
            assert fault.field  # noqa: PT017
            json.dumps([fault.field, fault.message], ensure_ascii=False).encode()


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_whatever_bytes_come_are_a_value_or_a_bad_line(data: bytes) -> None:
    lines = list(read_lines(BytesIO(data)))
    assert len(lines) == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    for one in lines:
        try:
            parse_line(one)
        except BadLine as fault:
            json.dumps([fault.field, fault.message], ensure_ascii=False).encode()


def test_a_line_that_is_too_long_is_not_kept() -> None:
    data = b"x" * (3 * LONGEST_LINE) + b"\n" + b"{}\n" + b"y" * (LONGEST_LINE + 1)
    assert list(read_lines(BytesIO(data))) == [None, b"{}", None]

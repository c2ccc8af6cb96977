"""What commands write: every value whole and harmless, JSON true to its value, and no other way to write."""

from __future__ import annotations

import ast
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from certs.printing import json_text, visible_json
from compose.apply.apply_showing import application_table, lines_table
from compose.cli import main, tell
from compose.correct.corrections_shown import disclosures_table, recalls_table, waiting_requests_table
from compose.node.records_shown import facet_table, history_table, worklist_table
from compose.notices.notices_shown import receipts_table, waiting_table
from compose.serve.serving import JsonLines
from compose.shared.printing import Console, Panel, Table, lines, marked, styled
from compose.shared.showing import answer_tables
from federation.errors import InvalidRequest, NotFound
from federation.v1 import (
    application_pb2,
    notice_pb2,
    query_pb2,
    recall_pb2,
    record_pb2,
    registry_pb2,
    sealing_pb2,
)
from federation.values.characters import is_unsafe, visible
from tests.support.hostile import HOSTILE, unsafe_in

ROOT = Path(__file__).parents[4]
#: Modules through which everything is written.
WRITERS = {"certs/printing.py", "compose/shared/printing.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("compose", "certs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name not in WRITERS:
                yield name, ast.parse(path.read_text("utf-8"))


def doors(tree: ast.Module) -> Iterator[str]:
    """Yield every place from which a module writes past the printing modules."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "rich":
                yield f"line {node.lineno}: from {module}"
            case ast.Import(names=names) if any(each.name.split(".")[0] == "rich" for each in names):
                yield f"line {node.lineno}: import rich"
            case ast.Call(func=ast.Name(id="print" | "pprint")):
                yield f"line {node.lineno}: print"
            case ast.Attribute(value=ast.Name(id="click"), attr=attr) if attr in (
                "echo", "secho", "style", "echo_via_pager", "prompt", "confirm", "progressbar", "get_text_stream",
                "get_binary_stream",
            ):  # fmt: skip
                yield f"line {node.lineno}: click.{attr}"
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr")):
                yield f"line {node.lineno}: a method of sys.stdout or sys.stderr"
            case ast.Call(func=ast.Name(id="marked"), args=[template, *_]) if not _constant(template):
                yield f"line {node.lineno}: marked with a template that is no constant"


def _constant(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _constant(node.body) and _constant(node.orelse)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id == "late")


def test_nothing_writes_past_the_printing_modules() -> None:
    found = {name: list(doors(tree)) for name, tree in modules()}
    assert len(found) > 60
    assert {name: places for name, places in found.items() if places} == {}


@given(st.text(max_size=40))
@example("".join(HOSTILE))
@example("\u0378\U0001d173\u3164\u2800")
def test_what_is_shown_has_no_character_that_a_terminal_obeys_or_nobody_sees(text: str) -> None:
    shown = visible(text)
    assert not unsafe_in(shown)
    assert "\n" not in shown
    assert not any(map(is_unsafe, shown))
    assert visible(shown) == shown
    if text.isprintable() and text.isascii():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202e", "\\u202e"),
        ("\x1b[0m", "\\x1b[0m"),
        ("a\nb", "a\\nb"),
        ("\U000e0041", "\\U000e0041"),
        ("\udc9b", "\\udc9b"),
        ("\u0378", "\\u0378"),
        ("买买提·吐尔逊 𠀀\U000323af ﹏", "买买提·吐尔逊 𠀀\U000323af ﹏"),
        ("JOSÉ\u00a0Müller", "JOSÉ\u00a0Müller"),
    ],
)
def test_an_unsafe_character_is_written_out_and_a_name_is_not(text: str, shown: str) -> None:
    assert visible(text) == shown


def drawn(draw: Callable[[Console], None], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a function draws on a wide terminal."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "400")
    draw(Console(file=out, width=400))
    monkeypatch.undo()
    return out.getvalue()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_whole_wherever_it_stands(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(console: Console) -> None:
        table = Table(value, "2", title=value, title_justify="left")
        table.add_row(value, marked("[red]{}[/] late", value))
        table.add_row(styled(value, "dim"), lines([value, value]))
        console.print(table)
        console.print(value)
        console.print(marked("[bold]{}[/]: {}", value, styled(value, "red")))
        console.print(Panel(value, title=value, expand=False))
        console.rule(value, align="left")

    output = drawn(draw, monkeypatch)
    assert not unsafe_in(output), output
    for part in visible(value).split("\\n"):
        assert output.count(part.strip()) >= 11, output


def showings(value: str) -> Iterator[Callable[[Console], None]]:
    """Yield what shows messages of peers, each with a hostile value in all its texts."""
    record = record_pb2.Record()
    record.person.names.add(kind=record_pb2.NAME_KIND_REGISTERED, text=value)
    record.court.name, record.judgment_number.canonical = value, value
    record.offences.add(name=value)
    outcome = query_pb2.NodeOutcome(
        node=value, agency=value, reason=value, outcome=query_pb2.OUTCOME_ANSWERED
    )
    answer = query_pb2.Answer(
        answered_at=value, outcomes=[outcome], advice=[value], terms=[value], listed_offences=[value],
        policies=[query_pb2.PolicyReason(id=value, says=value, clause=value)],
        convictions=[query_pb2.MergedConviction(record=record, facets=[query_pb2.FacetReference(node=value)])],
    )  # fmt: skip
    provenance = record_pb2.Provenance(entered_at=value, officer=value, installation=value, organ=value)
    facet = record_pb2.Facet(record_id=value, record=record, provenance=provenance)
    yield lambda console: answer_tables(answer, console)
    yield lambda _: facet_table(facet)
    yield lambda _: history_table([registry_pb2.RecordEvent(provenance=provenance, reason=value, version=1)])
    yield lambda _: worklist_table(
        [
            sealing_pb2.SealingTask(
                record_id=value, reason=value, rule=value, objections=[value], due_on=value, late=True
            )
        ]
    )
    receipt = notice_pb2.NoticeReceipt(
        notice=b"1" * 32, due_on=value, addressees=[notice_pb2.Addressee(node=value)]
    )
    receipt.violations.add(field=value, rule=value, message=value)
    yield lambda console: receipts_table([receipt], console)
    waiting = notice_pb2.WaitingNotice(digest=b"1" * 32, sender=value)
    waiting.notice.reason = value
    waiting.candidates.add(record_id=value, reasons=[value], record=record)
    yield lambda console: waiting_table(waiting, console)
    yield lambda console: disclosures_table(
        [recall_pb2.Disclosure(told_at=value, installation=value, officer=value)], console
    )
    waiting.notice.correction.record_id = waiting.notice.correction.field = value
    waiting.due_on = value
    yield lambda console: waiting_requests_table([waiting], console)
    yield lambda console: recalls_table(
        [recall_pb2.Recall(recall_id=value, officer=value, says=value, due_on=value)], console
    )
    event = application_pb2.ApplicationEvent(officer=value, at=value, note=value, approved_by=value)
    yield lambda console: console.print(
        application_table(application_pb2.Application(number=value, due_on=value, events=[event]))
    )
    yield lambda console: console.print(
        lines_table(
            [application_pb2.ApplicationLine(number=value, submitted_on=value, due_on=value, late=True)]
        )
    )


@pytest.mark.parametrize("value", [each for each in HOSTILE if each != "\udc9b"])
def test_messages_of_hostile_peers_are_shown_whole(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for draw in showings(value):
        output = drawn(draw, monkeypatch)
        assert not unsafe_in(output), output
        assert visible(value)[:8].strip() in output, output


@pytest.mark.parametrize("value", HOSTILE)
def test_an_error_that_a_peer_worded_is_one_line_of_it(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(InvalidRequest.of(value, value, value), as_json=False)
    tell(NotFound(value), as_json=False)
    output = capsys.readouterr().err
    assert not unsafe_in(output)
    assert visible(value).split("\\n")[0].strip("\\r") in output
    assert "\nFinding" not in output
    tell(NotFound(value), as_json=True)
    assert json.loads(capsys.readouterr().out)["error"]["message"] == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=9), inside, max_size=4),
    max_leaves=9,
)


@given(JSON, st.sampled_from(["utf-8", "ascii", "cp1252", "gb18030", "cp936"]), st.sampled_from([None, 2]))
@example(list(HOSTILE), "ascii", None)
@example(list(HOSTILE), "utf-8", 2)
def test_json_is_true_to_its_value_and_harmless(value: object, encoding: str, indent: int | None) -> None:
    text = json_text(value, indent=indent, encoding=encoding)
    text.encode(encoding)
    assert not unsafe_in(text)
    assert json.loads(text) == value
    assert json.loads(visible_json(json.dumps(value, ensure_ascii=False) + "\n")) == value
    assert not unsafe_in(visible_json(json.dumps(value, ensure_ascii=False) + "\n"))


def test_json_that_can_be_read_by_people_stays_so() -> None:
    assert json_text({"name": "张三", "at": Path("/x")}) == '{"name": "张三", "at": "/x"}'


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_forges_no_line_of_a_log(value: str) -> None:
    record = logging.LogRecord("hutong", logging.INFO, "", 0, "from %s", (value,), None)
    text = JsonLines().format(record)
    assert not unsafe_in(text)
    assert "\n" not in text
    assert json.loads(text)["says"] == f"from {value}"


@pytest.mark.parametrize("value", ["\x1b[31mx", "[/x]", "\u202ex"])
def test_what_was_typed_wrong_is_shown_as_it_is(value: str) -> None:
    for arguments in (
        [value],
        ["ask", "--home", "x", "--as", "p", "--purpose", value],
        ["charter", "show", "--published", value],
    ):
        ended = CliRunner().invoke(main, arguments)
        assert ended.exit_code == 2, ended.output
        assert not unsafe_in(ended.output), ended.output


def test_every_help_can_be_read_where_chinese_cannot_be_written() -> None:
    for encoding in ("ascii", "cp1252"):
        code = (
            "import sys; from compose.cli import main; sys.argv = ['hutong', 'explain', 'stores'];"
            "main.main(standalone_mode=False)"
        )
        environment = {"PYTHONIOENCODING": encoding, "PATH": "/usr/bin", "LC_ALL": "C"}
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, env=environment)
        assert ended.returncode == 0, ended.stderr
        assert b"\\u88c1" in ended.stdout.replace(b"\n", b"")
        helped = subprocess.run(
            [sys.executable, "-m", "compose.cli", "--help"], capture_output=True, cwd=ROOT, env=environment
        )
        assert (helped.returncode, b"Usage" in helped.stdout) == (0, True), helped.stderr

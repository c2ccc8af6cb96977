"""Inside doors: what the holder's own staff is shown does not tell of a sealed record, or is exempt by name (R41, R44).

`tests.support.inside_doors` holds the table of all doors: rpcs that an agency's own clients may call at its node,
commands, and files. The exempt ones stand in docs/threats.md with the same reasons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from google.protobuf.json_format import MessageToJson

from compose.cli import main
from compose.shared.exit_codes import ExitCode
from federation.client import Client
from federation.transport import access
from federation.v1 import notice_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.values.identity import Kind, OrganFunction
from tests.support.federation import SmallFederation
from tests.support.inside_doors import COMMANDS, FILES, RPCS, Exempt, Shown
from tests.support.notices import judgment, release, settled
from tests.support.pairs import HANDED_OVER, SPREADING, UNKNOWN, VARIANTS, Subject, differences
from tests.support.recording import Heard, Recorder
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.records import withheld_record as withheld
from tests.support.seal_servers import at_rest, seal_servers
from tests.support.stage import Stage, refusable

ROOT = Path(__file__).parents[2]
PACKAGE = "/federation.v1."
OPEN = "open"


def by_id(stage: Stage, about: Subject) -> None:
    """An officer of the holder asks for everything that a record's id leads to."""
    police = stage.client("police")
    for look in (police.register.show, police.register.history, police.recalls.disclosures):
        refusable(partial(look, "police-1", about.record_id))


def waiting(stage: Stage, about: Subject) -> None:
    """An officer of the holder sees a notice that names no judgment, and then refuses it."""
    notice = release(judgment(about.person))
    notice.ClearField("judgment")
    prison, police = stage.client("prison"), stage.client("police")
    with stage.recorder.pausing():
        [receipt] = prison.notices.submit([notice])
        settled(prison, [receipt.notice])
    assert receipt.notice in {each.digest for each in police.notices.waiting("police-1")}
    with stage.recorder.pausing():
        refuse(police, receipt.notice)


def refuse(client: Client, notice: bytes) -> None:
    decision = notice_pb2.Decision(notice=notice, kind=notice_pb2.DECISION_KIND_REFUSE, reason="已核对")
    client.notices.decide("police-1", decision)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home, folder = tmp_path_factory.mktemp("doors"), tmp_path_factory.mktemp("files")
    small = SmallFederation(home, others={"prison": OrganFunction.PRISON})
    with pytest.MonkeyPatch.context() as patch, seal_servers(home, federation=small) as servers:
        patch.setenv("XDG_STATE_HOME", str(home / "state-of-clients"))
        recorder = Recorder()
        recorder.follow(patch)
        playing = Stage(servers, recorder, folder, {"by id": by_id, "waiting": waiting})
        yield playing
        playing.close()


@pytest.mark.parametrize("play", ["by id", "waiting"])
def test_r41_the_holders_officers_are_told_alike_of_sealed_and_of_unknown(stage: Stage, play: str) -> None:
    heard = stage.heard(play)
    nobody, about_nobody = heard[UNKNOWN]
    assert about_nobody
    for variant in VARIANTS:
        if play == "waiting" and variant in (SPREADING, HANDED_OVER):
            continue  # another holder's open copy is a candidate there, not here
        person, about = heard[variant]
        assert not differences(about_nobody, about, nobody, person), variant


def test_r41_entering_again_does_not_tell_whether_the_record_is_sealed(stage: Stage) -> None:
    """Also when it was sealed by an order since: version and time are those of the content."""
    heard = {name: entered_again(stage, name) for name in (OPEN, "by rule", "by order", "withheld")}
    person, about = heard[OPEN]
    assert [each.method.rpartition("/")[2] for each in about] == ["Enter", "Enter", "EnterMany", "EnterMany"]
    for name, (other, about_other) in heard.items():
        assert not differences(about, about_other, person, other), name


def entered_again(stage: Stage, name: str) -> tuple[Subject, list[Heard]]:
    """Have a record stand as `name` says, and enter it again, with the same content and with another."""
    about, made, receipt = standing(stage, name)
    police = stage.client("police")
    other = record_pb2.Record()
    other.CopyFrom(made)
    other.person.household_division = "110108"
    with stage.recorder.listening() as heard:
        again = police.register.enter("police-1", made)
        refusable(partial(police.register.enter, "police-1", other))
        list(police.register.enter_many("police-1", [made]))
        list(police.register.enter_many("police-1", [other]))
    assert (again.repeated, again.version, again.entered_at) == (True, 1, receipt.entered_at)
    return about, heard


def standing(stage: Stage, name: str) -> tuple[Subject, record_pb2.Record, registry_pb2.Receipt]:
    """Enter a record and have it stand as `name` says."""
    person, number = Someone(born=MINOR if name == "by rule" else Someone().born), case_number()
    made = record(person, "police", number=number)
    if name == "withheld":
        person, made = withheld("police", number=number)
    police = stage.client("police")
    receipt = police.register.enter("police-1", made)
    if name == "by order":
        seal(police, receipt)
    at_rest(stage.servers)
    return Subject(name, person, number, receipt.record_id), made, receipt


@pytest.mark.parametrize("content", ["the same", "another"])
def test_r41_an_import_says_alike_what_is_there_already(stage: Stage, content: str) -> None:
    """Records that are open, sealed by rule, sealed by order, and withheld: counts and reasons are the same."""
    said = set()
    for name in (OPEN, "by rule", "by order", "withheld"):
        made = standing(stage, name)[1]
        if content == "another":
            made.person.household_division = "110108"
        file = stage.folder / "again.jsonl"
        file.write_text(MessageToJson(made, indent=None, preserving_proto_field_name=True) + "\n", "utf-8")
        where = ["--home", str(stage.description.parent), "--node", "police-1", "--officer", "王警官"]
        ran = CliRunner().invoke(main, ["node", "import", *where, "--json", str(file)])
        assert ran.exit_code == (0 if content == "the same" else ExitCode.ROWS_LEFT), ran.output
        quarantine = file.with_name("again.jsonl.police-1.quarantine.jsonl")
        reasons = (
            [json.loads(line)["reasons"] for line in quarantine.read_text("utf-8").splitlines()]
            if (quarantine.exists())
            else []
        )
        quarantine.unlink(missing_ok=True)
        said.add((ran.stdout, json.dumps(reasons)))
    [(printed, _)] = said
    assert json.loads(printed)["repeated" if content == "the same" else "quarantined"] == 1


def seal(client: Client, receipt: registry_pb2.Receipt) -> None:
    instrument = record_pb2.Instrument(
        kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="封存通知书2号", issuer="某区人民法院"
    )
    order = sealing_pb2.Sealing(
        record_id=receipt.record_id, expected_version=1, instrument=instrument, reason="法院通知"
    )
    client.seals.seal("police-1", order)


def test_every_rpc_of_the_own_staff_is_a_door_of_the_table() -> None:
    served = {
        rpc.removeprefix(PACKAGE)
        for rpc, rule in access.NODE.items()
        if rpc.startswith(PACKAGE) and Kind.CLIENT in rule.kinds
    }
    assert set(RPCS) == served


def test_every_command_is_a_door_of_the_table() -> None:
    assert set(COMMANDS) == {
        f"{name.split()[0]} *" if f"{name.split()[0]} *" in COMMANDS else name for name in commands(main, ())
    }


def test_every_file_of_the_reference_is_a_door_of_the_table() -> None:
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    sections = [
        part for part in text.split("\n## ") if part.startswith(("Files in the home folder", "Other files"))
    ]
    rows = [line.split("|")[1] for part in sections for line in part.splitlines() if line.startswith("| ")]
    named = {re.sub(r"`|\(.*\)", "", row).strip() for row in rows}
    assert set(FILES) == named - {"in the home folder", "file"}


def test_a_command_leads_through_doors_of_the_table_alone() -> None:
    for name, door in COMMANDS.items():
        if isinstance(door, tuple):
            assert set(door) <= set(RPCS), name


def test_every_test_that_a_door_cites_exists() -> None:
    cited = {
        t
        for table in (RPCS, COMMANDS, FILES)
        for d in table.values()
        if isinstance(d, Shown)
        for t in d.tests
    }
    defined = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)
    }
    assert cited <= defined, cited - defined


def test_every_exempt_door_stands_in_threats_with_its_reason() -> None:
    text = (ROOT / "docs" / "threats.md").read_text("utf-8")
    [section] = re.findall(r"\n### Inside doors\n(.*?)\n### ", text, re.S)
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    written = {door: reason.strip() for doors, reason in rows for door in re.findall(r"`([^`]+)`", doors)}
    exempt = {
        name: door.reason
        for table in (RPCS, COMMANDS, FILES)
        for name, door in table.items()
        if isinstance(door, Exempt)
    }
    assert written == exempt


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inside = command.get_command(context, name)
            assert inside is not None
            yield from commands(inside, (*path, name))
    else:
        yield " ".join(path)

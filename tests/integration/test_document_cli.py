"""`hutong notify --document` and `hutong document put | get | path`."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToJson

from compose.cli import main
from tests.support.documents import digest, pdf, released
from tests.support.local import LocalFederation
from tests.support.notices import judgment
from tests.support.records import Someone


def run(federation: LocalFederation, *arguments: str) -> Result:
    common = ["--home", str(federation.layout.home), "--officer", "李法官"]
    command, rest = list(arguments[:2]), list(arguments[2:])
    return CliRunner().invoke(main, [*command, *common, *rest])


def test_r62_a_notice_takes_its_document_along_and_the_way_is_shown(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    file, notice = pdf(tmp_path, 4000), tmp_path / "notice.json"
    notice.write_text(MessageToJson(judgment(Someone())), "utf-8")
    done = run(running_federation, "notify", "judgment", str(notice), "--document", str(file), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)[0]["stage"] == "accepted"
    sha256 = digest(file).hex()
    released(running_federation.client("court"), digest(file))
    way = json.loads(run(running_federation, "document", "path", sha256, "--json").output)
    assert {s["by"].rpartition("/")[2] for s in way["steps"]} == {
        "gateway-1",
        "police-1",
        "procuratorate-1",
        "justice-1",
    }
    assert way["steps"][-1]["stage"] == "released"
    assert way["notices"] == [json.loads(done.output)[0]["notice"]]
    shown = run(running_federation, "document", "path", sha256)
    assert "police/node/police-1" in shown.output
    tracked = json.loads(run(running_federation, "notify", "track", way["notices"][0], "--json").output)
    assert tracked[0]["documents"] == [way]
    assert "released" in run(running_federation, "notify", "track", way["notices"][0]).output
    out = tmp_path / "read.pdf"
    reading = ("--node", "police-1", "--reason", "核对", "--out", str(out))
    got = run(running_federation, "document", "get", sha256, *reading)
    assert got.exit_code == 0, got.output
    assert out.read_bytes() == file.read_bytes()
    again = run(running_federation, "document", "get", sha256, *reading)
    assert (again.exit_code, "--out" in again.output) == (1, True)


def test_r62_put_says_who_has_it_and_what_is_wrong_with_a_wrong_one(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    put = run(running_federation, "document", "put", str(pdf(tmp_path, 700)), "--json")
    assert json.loads(put.output)["by"] == "interconnect/gateway/gateway-1"
    program = tmp_path / "program.pdf"
    program.write_bytes(b"\x7fELF" + bytes(100))
    wrong = run(running_federation, "document", "put", str(program))
    assert (wrong.exit_code, "media_type" in wrong.output) == (1, True)
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert run(running_federation, "document", "put", str(empty)).exit_code == 1
    notices = tmp_path / "two.json"
    both = [json.loads(MessageToJson(judgment(Someone()))) for _ in range(2)]
    notices.write_text(json.dumps(both), "utf-8")
    output = run(running_federation, "notify", "judgment", str(notices), "--document", str(program))
    assert (output.exit_code, "exactly one" in output.output) == (1, True)

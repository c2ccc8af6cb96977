"""A home belongs to one process; a new charter is in the log before anything is done under it."""

from __future__ import annotations

import json
import subprocess
import sys

from certs import charter_files
from certs.charter_office import CharterOffice
from certs.signing import charter_signer, load_signing_key
from compose.local import founding, local, processes
from compose.local.layout import node_installation
from federation.charter.model import InstallationState
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import open_record
from tests.support.waiting import PATIENCE_S, wait_for

NODE = node_installation("justice")


def test_a_second_process_on_the_same_home_is_refused_and_the_first_goes_on(
    running_federation: LocalFederation,
) -> None:
    folder = running_federation.layout.server(NODE)
    second = subprocess.run(
        [sys.executable, "-m", "compose.cli", "node", "run", "--home", str(folder)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert second.returncode == 1
    assert "HOME_IN_USE" in second.stderr
    assert "Traceback" not in second.stderr
    assert processes.running(running_federation.layout, NODE) is not None
    someone, made = open_record("justice")
    running_federation.enter("justice", made)
    assert running_federation.client("court").ask(asking.case(someone.subject())).answer.convictions


def test_a_new_charter_is_an_entry_before_anything_is_done_under_it(
    running_federation: LocalFederation,
) -> None:
    layout = running_federation.layout
    office: CharterOffice = founding.office(layout)
    who = node_installation("state_security")
    key = charter_signer(load_signing_key(layout.authority(who.member) / "charter.key"))
    changed = office.republish(
        who.member, lambda content: charter_files.with_state(content, who, InstallationState.ACTIVE), key
    )

    def logged() -> list[object]:
        _, made = open_record("justice")
        running_federation.enter("justice", made)
        entries = running_federation.node_entries("justice")
        return [e["charter_version"] for e in entries if e["kind"] == "charter_changed"]

    wait_for(logged, lambda versions: changed.version in versions, what="the charter's entry in the log")
    wait_for(
        lambda: running_federation.serves_everywhere(changed.version), what="the charter at every server"
    )


def test_a_set_clock_hides_no_server_and_moves_none(running_federation: LocalFederation) -> None:
    layout = running_federation.layout
    before = local.endpoints(local.current_charter(layout)), running_federation.pid(NODE)
    file = layout.server(NODE) / "run.json"
    facts = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(facts | {"born": facts["born"] - 7200}), "utf-8")
    running_federation.up()
    assert (local.endpoints(local.current_charter(layout)), running_federation.pid(NODE)) == before

"""Upgrade a local federation of an earlier program, server by server, under two callers, and count what fails.

    python -m tests.support.mixed_versions CHECKOUT HOME [SERVER SERVER SERVER SERVER SERVER]

CHECKOUT holds the earlier program with its `.venv`; `.ci/mixed-versions` makes it. One caller runs the earlier program
and one this one. SERVERs are upgraded in the order given; by default the gateway first, as docs/operations.md has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from compose.local.layout import GATEWAY, NODES, node_installation, servers
from federation.errors import HutongError, NotFound
from federation.v1 import query_pb2, record_pb2
from federation.values.identity import Installation, Kind
from tests.support import asking
from tests.support.local import OFFICER, LocalFederation
from tests.support.mixed_counts import reports, table
from tests.support.mixed_rows import NAME, rows, trials
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
COMPLETE = query_pb2.COMPLETENESS_COMPLETE
#: More persons than two callers get through.
ROWS = 4000
#: More trials than an earlier program may allow a proposal to name.
TRIALS = 6


@dataclass
class Steady:
    """One of the two callers, and what it has written."""

    name: str
    process: subprocess.Popen[str]
    rows: list[dict[str, Any]]
    path: Path

    def answers(self) -> list[dict[str, Any]]:
        """Return what became of each question so far."""
        whole = self.path.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def end(self) -> None:
        """Let it put its last question."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(300) == 0, f"{self.name}: {self.path.with_suffix('.errors').read_text()}"


@dataclass
class Upgrade:
    """An upgrade under way."""

    old: Path
    federation: LocalFederation
    callers: list[Steady] = field(default_factory=list)
    #: When each stage began.
    stages: list[tuple[float, str]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The folder of the federation."""
        return self.federation.layout.home

    def earlier(self, *words: object) -> None:
        """Run a command of the earlier program."""
        self._run(self.old / ".venv/bin/hutong", *words)

    def now(self, *words: object) -> str:
        """Run a command of this program."""
        return self._run(Path(sys.executable).parent / "hutong", *words)

    def _run(self, *words: object) -> str:
        done = subprocess.run(
            [*map(str, words)], cwd=ROOT.anchor, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def stage(self, name: str) -> None:
        """Note that the next part of the upgrade begins."""
        self.stages.append((time.time(), name))
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)

    def call(self, name: str, member: str, python: Path) -> None:
        """Start a caller."""
        given, path = self.home / f"{name}.rows", self.home / f"{name}.answers"
        lines = list(rows(ROWS))
        given.write_text("\n".join(lines), "utf-8")
        script = ROOT / "tests" / "support" / "steady_caller.py"
        command = [python, "-P", script, self.federation.layout.description, member, OFFICER, given]
        with path.open("w") as output, path.with_suffix(".errors").open("w") as errors:
            process = subprocess.Popen(
                [*map(str, command)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                text=True,
                cwd=ROOT.anchor,
            )
        self.callers.append(Steady(name, process, [*map(json.loads, lines)], path))

    def more(self, questions: int = 10) -> None:
        """Return when every caller has had further answers."""
        before = [len(each.answers()) for each in self.callers]

        def enough() -> bool:
            assert all(each.process.poll() is None for each in self.callers), "a caller ended"
            return all(len(c.answers()) >= b + questions for c, b in zip(self.callers, before, strict=True))

        wait_for(enough, what="further questions")

    def state(self, node: Installation, state: str) -> None:
        """Have the agency set its node's state, and wait until every server has that charter."""
        keys = self.federation.layout.authority
        said = self.now(
            "charter", "set-state", node, state, "--authority-key", keys(str(node.member)) / "charter.key",
            "--published", self.federation.layout.charter, "--publisher-key", keys("interconnect") / "publisher.key",
            "--json",
        )  # fmt: skip
        version = json.loads(said)["charter_version"]
        wait_for(lambda: self.federation.serves_everywhere(version), what=f"{node} to be {state}")

    def server(self, who: Installation) -> None:
        """Upgrade a server as docs/operations.md prescribes."""
        if who.kind is Kind.NODE:
            self.stage(f"{who.name} in maintenance")
            self.state(who, "maintenance")
            self.more()
        self.stage(f"{who.name} stopped")
        self.earlier("down", "--home", self.home, who.name)
        kind = "node" if who.kind is Kind.NODE else "gateway"
        home, copy = self.federation.layout.server(who), self.home / "backups" / who.name
        copy.parent.mkdir(exist_ok=True)
        self.earlier(kind, "backup", "--home", home, copy)
        self.federation.up(who)
        self.stage(f"{who.name} upgraded")
        if who.kind is Kind.NODE:
            self.state(who, "active")
        self.more(20)


def missing(upgrade: Upgrade) -> list[str]:
    """Return what was acknowledged to a caller and cannot be found any more, or is found though sealed."""
    found = []
    for caller in upgrade.callers:
        entered: dict[int, list[dict[str, str]]] = {}
        for each in caller.answers():
            if each["entered"]:
                entered[each["row"]] = each["entered"]
        for number, receipts in entered.items():
            row = caller.rows[number]
            for receipt in receipts:
                if "refused" not in receipt and not _kept(upgrade, receipt, row):
                    found.append(f"{receipt['node']} has lost {receipt['record_id']}")
            if any("refused" in receipt for receipt in receipts):
                continue
            subject = json_format.ParseDict(row["person"], query_pb2.Subject())
            answer = upgrade.federation.client("court").ask(asking.case(subject)).answer
            finding = query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_")
            if finding != row["finding"]:
                found.append(f"row {number} of {caller.name}: {finding}, not {row['finding']}")
    return found


def _kept(upgrade: Upgrade, receipt: dict[str, str], row: dict[str, Any]) -> bool:
    register = upgrade.federation.client(receipt["member"]).register
    try:
        register.show(receipt["node"], receipt["record_id"])
    except NotFound:
        return str(row["finding"]) != "RECORD"  # sealed: its own officer is not shown it either
    return True


def tells(upgrade: Upgrade, held: list[dict[str, Any]]) -> list[str]:
    """Return the nodes whose answers name the minor in the record of another, or show their copy of the minor's."""
    found = []
    for row in held:
        subject = json_format.ParseDict(row["person"], query_pb2.Subject())
        try:
            given = upgrade.federation.client("court").ask(asking.case(subject))
        except HutongError as error:
            found.append(f"{row['records'][0]['node']} refused {error.reason}")
            continue
        where = row["records"][0]["node"] + " (partial)" * (given.answer.completeness != COMPLETE)
        if row["finding"] != "RECORD" and given.answer.finding == query_pb2.FINDING_RECORD:
            found.append(f"{where} shows its copy")
        elif row["finding"] == "RECORD" and NAME.encode() in given.envelope.payload:
            found.append(where)
    return found


def watch(upgrade: Upgrade, held: list[dict[str, Any]]) -> None:
    """Print which nodes' answers name the minor, until none does or a minute has passed."""
    seen: list[str] = []
    began = time.monotonic()

    def none_does() -> bool:
        now = tells(upgrade, held)
        if now != seen:
            print(
                f"         after {time.monotonic() - began:4.1f} s named or refused: {now or 'none'}",
                flush=True,
            )
            seen[:] = now
        return not now

    with suppress(AssertionError):
        wait_for(none_does, what="texts to close", seconds=60.0, pause_s=1.0)


def run(old: Path, home: Path, order: list[Installation], stack: ExitStack) -> bool:
    """Play the upgrade, print what it did, and return whether nothing was lost, wrong or disclosed."""
    upgrade = Upgrade(old, LocalFederation(home, stack))
    upgrade.earlier("up", "--home", home)
    stack.callback(upgrade.federation.down)
    held, minor = trials(TRIALS)
    for row in held:
        one = row["records"][0]
        upgrade.federation.enter(one["member"], json_format.ParseDict(one["record"], record_pb2.Record()))
    upgrade.stage("earlier program everywhere")
    upgrade.call("earlier-caller", "police", old / ".venv/bin/python")
    upgrade.call("new-caller", "procuratorate", Path(sys.executable))
    receipt = None
    upgrade.more(20)
    for server in order:
        upgrade.server(server)
        if server == node_installation("police"):
            receipt = upgrade.federation.enter("police", minor)
            upgrade.stage(f"a record sealed that names {TRIALS} trials")
            watch(upgrade, held)
    assert receipt is not None
    upgrade.stage("proposed again, everywhere")
    for node in NODES.values():
        upgrade.now("node", "reseal", "--home", home, "--node", node, "--officer", OFFICER, "--propose-again")
    record_id = receipt.record_id
    certificate: Callable[[], bool] = lambda: (  # noqa: E731
        upgrade.federation.client("police")
        .seals.certificate("police-1", record_id, reason="核对")[0]
        .certificate.complete
    )
    wait_for(certificate, what="every node to have withheld")
    wait_for(lambda: tells(upgrade, held), lambda seen: not seen, what="closed texts")
    upgrade.more(20)
    for caller in upgrade.callers:
        caller.end()
    upgrade.stage("end")
    wrong = table(upgrade.stages, upgrade.callers)
    lost = missing(upgrade)
    for sentence, count in reports(upgrade.federation.layout).most_common():
        print(f"{count:5d} {sentence}")
    for server in servers():
        kind = "node" if server != GATEWAY else "gateway"
        upgrade.now(kind, "check", "--home", upgrade.federation.layout.server(server))
    entered = sum("refused" not in e for c in upgrade.callers for a in c.answers() for e in a["entered"])
    print(f"records acknowledged: {entered}; missing or wrong at the end: {len(lost)}")
    print(*lost[:20], sep="\n")
    return not lost and not wrong


def main(old: str, home: str, *names: str) -> int:
    """Run it with the environment of nobody else's federation."""
    for name in [name for name in os.environ if name.startswith("HUTONG_")]:
        del os.environ[name]
    os.environ["XDG_STATE_HOME"] = str(Path(home) / "state")
    known = {server.name: server for server in (GATEWAY, *map(node_installation, NODES))}
    with ExitStack() as stack:
        return 0 if run(Path(old), Path(home), [known[n] for n in names or known], stack) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""An exported log is checked from its own lines and the charter, and every change of it is found."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.errors import CharterUnusable, Corrupt
from federation.evidence.checkpoint import sign_checkpoint
from federation.evidence.entry import body_bytes, salted_leaf
from federation.evidence.export import checkpoint_line, entry_line, header_line
from federation.evidence.export_check import verify_export
from federation.evidence.merkle import Frontier
from federation.v1.envelope_pb2 import Envelope

NODE = "police/node/police-1"


def log(world: Any, sizes: tuple[int, ...] = (3, 7, 10), extra: int = 2) -> tuple[list[str], list[Envelope]]:
    """Return an export with checkpoints at `sizes` and `extra` entries behind them, and the checkpoints."""
    tree = Frontier()
    lines: list[str] = []
    checkpoints: list[Envelope] = []
    for index in range(max(sizes, default=0) + extra):
        salt = bytes([index % 256]) * 32
        body = body_bytes("entered" if index % 2 else "lookup", "2026-01-01T00:00:00.000000Z", number=index)
        tree.append(salted_leaf(salt, body))
        lines.append(entry_line(index, salt, body))
        if tree.size in sizes:
            checkpoints.append(checkpoint(world, tree.size, tree.root()))
            lines.append(checkpoint_line(checkpoints[-1]))
    newest = checkpoints[-1] if checkpoints else checkpoint(world, 0, Frontier().root())
    header = header_line(
        federation="test.example",
        installation=NODE,
        charter=world.charter,
        exported_at=world.at,
        newest=newest,
    )
    return [header, *lines], checkpoints


def checkpoint(world: Any, size: int, root: bytes, *, by: str = NODE) -> Envelope:
    return sign_checkpoint(
        signer=world.signers[by],
        federation="test.example",
        size=size,
        root=root,
        signed_at=world.at + timedelta(seconds=size),
        charter_version=3,
    )


def test_an_honest_export_holds_and_is_counted_by_kind(world: Any) -> None:
    lines, _ = log(world)
    report = verify_export(iter(lines), world.charter_at)
    assert report.holds, report.findings
    assert (report.entries, report.covered, report.checkpoints) == (12, 10, 3)
    assert report.kinds == {"entered": 6, "lookup": 6}
    assert report.installation == NODE


def test_an_export_of_an_empty_log_holds(world: Any) -> None:
    lines, _ = log(world, sizes=(), extra=0)
    assert verify_export(lines, world.charter_at).holds


def alter(lines: list[str]) -> None:
    lines[2] = lines[2].replace('\\"number\\":1', '\\"number\\":9')


def resalt(lines: list[str]) -> None:
    lines[2] = lines[2].replace("01" * 32, "02" * 32)


def remove(lines: list[str]) -> None:
    del lines[6]


def remove_and_renumber(lines: list[str]) -> None:
    del lines[6]
    for place in range(6, len(lines)):
        content = json.loads(lines[place])
        if "index" in content:
            content["index"] -= 1
            lines[place] = json.dumps(content)


def swap(lines: list[str]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def swap_contents(lines: list[str]) -> None:
    one, two = json.loads(lines[1]), json.loads(lines[2])
    one["index"], two["index"] = two["index"], one["index"]
    lines[1], lines[2] = json.dumps(two), json.dumps(one)


def repeat(lines: list[str]) -> None:
    lines.insert(2, lines[1])


def truncate(lines: list[str]) -> None:
    del lines[10:]


def move_checkpoint(lines: list[str]) -> None:
    lines.insert(2, lines.pop(4))


def spoil_line(lines: list[str]) -> None:
    lines[3] = "{"


def add_field(lines: list[str]) -> None:
    lines[3] = json.dumps({**json.loads(lines[3]), "note": "x"})


def drop_checkpoints(lines: list[str]) -> None:
    lines[:] = [line for line in lines if 'checkpoint"' not in line]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (alter, "altered"),
        (resalt, "altered"),
        (remove, "missing"),
        (remove_and_renumber, "missing"),
        (swap, "entry 1 where 0 belongs"),
        (swap_contents, "altered, exchanged or moved"),
        (repeat, "repeated or out of order"),
        (truncate, "cut off"),
        (move_checkpoint, "stands behind"),
        (spoil_line, "not JSON"),
        (add_field, "a line is an entry"),
        (drop_checkpoints, "no checkpoint covers"),
        (lambda lines: lines.clear(), "empty"),
        (lambda lines: lines.pop(0), "no header"),
    ],
)
def test_a_changed_export_is_found(world: Any, change: Callable[[list[str]], None], says: str) -> None:
    lines, _ = log(world)
    change(lines)
    report = verify_export(lines, world.charter_at)
    assert any(says in finding.says for finding in report.findings), report.findings
    with pytest.raises(Corrupt):
        report.require()


def test_a_history_rewritten_and_signed_anew_contradicts_a_checkpoint_kept_elsewhere(world: Any) -> None:
    _, kept = log(world)
    other, _ = log(world, sizes=(5, 12))
    assert verify_export(other, world.charter_at).holds
    assert verify_export(other, world.charter_at, known=kept).holds
    shorter, _ = log(world, sizes=(3,), extra=0)
    assert verify_export(shorter, world.charter_at).holds
    report = verify_export(shorter, world.charter_at, known=kept)
    assert any("cut off" in finding.says for finding in report.findings)
    forged = [checkpoint(world, 3, bytes(32))]
    report = verify_export(other, world.charter_at, known=forged)
    assert any("not those of a checkpoint" in finding.says for finding in report.findings)


def test_a_checkpoint_of_another_installation_proves_nothing_here(world: Any) -> None:
    lines, _ = log(world, sizes=(3,))
    stranger = checkpoint(world, 5, bytes(32), by="justice/node/justice-1")
    report = verify_export([*lines, checkpoint_line(stranger)], world.charter_at)
    assert any("another's log" in finding.says for finding in report.findings)


def test_without_a_trusted_charter_nothing_holds(world: Any) -> None:
    def none(moment: object) -> Any:
        raise CharterUnusable("no charter is pinned")

    lines, _ = log(world)
    assert not verify_export(lines, none).holds


def test_an_export_is_read_as_a_stream(world: Any) -> None:
    lines, _ = log(world, sizes=(500,), extra=0)
    seen = 0

    def one_by_one() -> Any:
        nonlocal seen
        for line in lines:
            seen += 1
            yield line.encode()

    assert verify_export(one_by_one(), world.charter_at).entries == 500
    assert seen == len(lines)

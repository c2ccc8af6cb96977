"""Documents survive: gateway and nodes killed during transfers, and every acknowledged one is whole at its holders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.errors import HutongError
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from tests.support.documents import CHUNK, digest, naming, pdf, released
from tests.support.killing import Killer, hand_in, kill
from tests.support.local import LocalFederation
from tests.support.notices import judgment
from tests.support.records import Someone
from tests.support.waiting import wait_for

DOCUMENTS, FEWEST_KILLS = 6, 3


def upload(
    federation: LocalFederation, file: Path, progress: Callable[[int], None] = lambda have: None
) -> pb.DocumentReceipt:
    """Hand a document in until it is acknowledged."""

    def put() -> pb.DocumentReceipt:
        with federation.fresh_client("court") as client:
            return client.documents.put(file, progress=progress)

    return wait_for(put, what="the receipt of a document", passing=HutongError, pause_s=0.2)


def insist_whole(federation: LocalFederation, file: Path, folder: Path) -> None:
    """The document is at every node that registered the notice, byte for byte."""
    with federation.fresh_client("court") as court:
        way = released(court, digest(file))
    held = {s.installation for s in way.steps if s.stage == pb.DOCUMENT_STAGE_HELD} - {str(GATEWAY)}
    assert {c.node for c in way.carriages} == {who.rpartition("/")[2] for who in held}
    assert len(held) == 3
    for agency, node in NODES.items():
        if str(node_installation(agency)) in held:
            with federation.fresh_client(agency) as client:
                client.documents.get(digest(file), folder / "out", reason="核对", node=node)
            assert (folder / "out").read_bytes() == file.read_bytes()


def test_r62_every_acknowledged_document_is_whole_at_its_holders_though_servers_are_killed(
    whole: LocalFederation, tmp_path: Path
) -> None:
    files = []
    with Killer(whole, seed=41) as killer:
        for number in range(DOCUMENTS):
            file = pdf(tmp_path, 8 * CHUNK + number)
            notice = naming(judgment(Someone()), file)
            if number % 2:  # the notice first: its document is announced and comes later
                hand_in(whole, "court", [notice])
            receipt = upload(whole, file)
            assert receipt.content.sha256 == digest(file)
            (accepted,) = hand_in(whole, "court", [notice])
            assert accepted.stage == notice_pb2.NOTICE_STAGE_ACCEPTED
            files.append(file)
        killer.go_on_until(FEWEST_KILLS)
    whole.up()
    for file in files:
        insist_whole(whole, file, tmp_path)
    gateway_files = whole.layout.server(GATEWAY) / "documents"
    wait_for(
        lambda: list(gateway_files.iterdir()), lambda left: not left, what="an empty folder at the gateway"
    )


def test_r62_an_upload_goes_on_after_the_gateway_was_killed_in_the_middle(
    whole: LocalFederation, tmp_path: Path
) -> None:
    file, heard, killed_at = pdf(tmp_path, 40 * CHUNK), list[int](), list[int]()

    def progress(have: int) -> None:
        heard.append(have)
        if have >= 10 * CHUNK and not killed_at:
            killed_at.append(len(heard))
            kill(whole, GATEWAY)
            whole.up(GATEWAY)

    upload(whole, file, progress)
    after = heard[killed_at[0] :]
    assert min(after) >= 10 * CHUNK, "what was acknowledged before the kill was not sent again"
    assert after[-1] == file.stat().st_size


def test_r62_carrying_goes_on_after_the_node_was_killed_in_the_middle(
    whole: LocalFederation, tmp_path: Path
) -> None:
    file, police = pdf(tmp_path, 100 * CHUNK), node_installation("police")
    folder = whole.layout.server(police) / "documents"
    there = {p.name for p in folder.iterdir()}
    hand_in(whole, "court", [naming(judgment(Someone()), file)])
    upload(whole, file)

    def begun() -> bool:
        return any(p.stat().st_size > 10 * CHUNK for p in folder.iterdir() if p.name not in there)

    wait_for(begun, what="the document on its way", pause_s=0.002)
    kill(whole, police)
    whole.up(police)
    insist_whole(whole, file, tmp_path)

"""A stolen disk shows no name, no number, no judgment: after entering, asking, refusing and quarantining."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.errors import HutongError
from federation.v1 import record_pb2, registry_pb2
from tests.support import asking
from tests.support.documents import naming, released
from tests.support.local import LocalFederation
from tests.support.notices import judgment, sent
from tests.support.records import Someone, case_number, record, sealed_record

NAME, CASE = "慕容复燕子坞", "苏公刑立〔2025〕8731号"


def stored(folder: Path) -> dict[str, bytes]:
    """Return every file under a server's folder but its keys and certificates."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".key", ".pem")]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def written(text: str) -> set[bytes]:
    return {text.encode(form) for form in ("utf-8", "utf-16-le", "gb18030")} | {
        text.encode("unicode_escape"),
        text.encode("utf-8").hex().encode(),
    }


def carry_documents(federation: LocalFederation, someone: Someone, folder: Path) -> None:
    """Have a document at its holders, and another at the gateway, that say who is meant."""
    court = federation.client("court")
    for name in ("carried", "kept"):
        file = folder / f"{NAME}-{name}.txt"
        file.write_text(f"{NAME}，公民身份号码{someone.number}，{CASE}\n" * 9000, "utf-8")
        receipt = court.documents.put(file)
        if name == "carried":
            sent(court, naming(judgment(Someone(name=NAME)), file))
            released(court, receipt.content.sha256)


@pytest.fixture(scope="module")
def secrets(running_federation: LocalFederation, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Let everything happen that writes something down; return what must not be found afterwards."""
    federation, someone, number = running_federation, Someone(name=NAME), case_number()
    secret = {NAME, someone.number, number.replace("（", "").replace("）", ""), number, CASE, "乔帮主"}
    for agency in NODES:
        made = record(someone, agency, number=number)
        made.prosecuting_party.private_prosecutor = "乔帮主"
        for unknown in [u for u in made.unknowns if u.field == "prosecuting_party"]:
            made.unknowns.remove(unknown)
        receipt = federation.enter(agency, made)
        broken = record(someone, agency)
        broken.verdict = record_pb2.VERDICT_ACQUITTED
        broken.execution.add(kind=record_pb2.EXECUTION_KIND_SERVING)
        secret.add(broken.judgment_number.original)
        client, node = federation.client(agency), NODES[agency]
        assert [o.WhichOneof("outcome") for o in client.register.enter_many(node, [broken])] == [
            "quarantined"
        ]
        client.register.show(node, receipt.record_id)
        hidden, sealed = sealed_record(agency)
        secret |= {hidden.number, sealed.judgment_number.original}
        federation.enter(agency, sealed)
        made.served_on = "2019-06-04"
        amendment = registry_pb2.Amendment(
            record_id=receipt.record_id, expected_version=1, record=made, reason=f"{NAME}的送达日期"
        )
        client.register.amend(node, amendment)
    carry_documents(federation, someone, tmp_path_factory.mktemp("documents"))
    window = federation.client("procuratorate")
    for query in (asking.case, asking.sealed_case, asking.defence, asking.public, asking.own):
        asked = query(someone.subject())
        if asked.case_number:
            asked.case_number = CASE
        window.ask(asked)
        asked.subject.identifiers[0].number = someone.number[:-1] + "?"
        with pytest.raises(HutongError):
            window.ask(asked)
    with pytest.raises(HutongError):
        window.ask(asking.sealed_provision(someone.subject()))
    return secret


@pytest.mark.parametrize("server", [*map(node_installation, NODES), GATEWAY], ids=str)
def test_nothing_personal_is_on_the_disk_in_clear(
    running_federation: LocalFederation, secrets: set[str], server: object
) -> None:
    folder = running_federation.layout.server(server)  # type: ignore[arg-type]
    files = stored(folder)
    assert {"store.db", "store.db-wal", "server.log"} <= files.keys()
    assert sum(map(len, files.values())) > 20_000
    kept = sum(len(content) for name, content in files.items() if name.startswith("documents/"))
    assert (kept > 500_000) == ("state-security" not in str(server)), "a document is among what was searched"
    found = {
        (name, secret)
        for name, content in files.items()
        for secret in secrets
        for form in written(secret)
        if form in content
    }
    assert found == set()


def test_the_log_is_clear_to_its_own_member(running_federation: LocalFederation, secrets: set[str]) -> None:
    assert any(e.get("case") == CASE for e in running_federation.gateway_entries())
    for entry in running_federation.gateway_entries():
        assert NAME not in str(entry), "whom a question is about is in no entry"

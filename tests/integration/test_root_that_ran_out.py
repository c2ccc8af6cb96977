"""A root that ran out, with all else that its agencies sign, is renewed by one plan; servers go on by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from certs.charter_draft import CharterDraft
from certs.charter_office import CharterOffice
from certs.charter_signatures import Signatures
from certs.signing import charter_signer, load_signing_key
from compose.local.founding import free_ports
from node.app import running
from server.settings import NodeSettings
from tests.support.backups import done, refused
from tests.support.founding import AGENCIES, GATEWAY, NODES, Founding, founded, prepared
from tests.support.ticking import Ahead
from tests.support.waiting import wait_for

#: A root holds for 730 days, the policy for 365 and the agencies' parts for 180: all have run out.
LATER = timedelta(days=731)
HOLDERS = ("police", "procuratorate", "justice")
RENEWED = ("root", "policy", *AGENCIES, GATEWAY)


@pytest.fixture
def agencies(tmp_path: Path) -> Founding:
    return founded(prepared(tmp_path / "f"))


@pytest.fixture
def turned() -> Ahead:
    return Ahead()


@pytest.fixture
def watch(agencies: Founding, turned: Ahead) -> Iterator[str]:
    """Run a node of the founded federation on the clock that the test turns; yield where its health is asked."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    settings = NodeSettings.from_home(agencies.home(NODES["police"]))
    given = {"listen": "127.0.0.1:0", "watch_listen": address, "charter_every_s": 0.2}
    with running(settings.model_copy(update=given), now=turned):
        yield address


def renewal(agencies: Founding) -> tuple[Path, list[object]]:
    """Return the plan that renews all, and the options of its draft."""
    says = "".join(f'[[renewals]]\nof = "{part}"\n' for part in RENEWED)
    return agencies.plan("all.toml", f"format = 1\n{says}"), ["--out", agencies.post / "all.json"]


def test_a_root_that_ran_out_is_renewed_and_a_server_serves_again(
    agencies: Founding, turned: Ahead, watch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done("health", watch) == "ready\n"
    turned.by = LATER
    assert "CHARTER_EXPIRED" in refused("health", watch)

    for module in ("draft_cli", "commands"):
        monkeypatch.setattr(f"certs.{module}.now", turned)
    plan, out = renewal(agencies)
    assert "[CHARTER_EXPIRED]" in agencies.typed("charter", "draft", plan, *out, *agencies.base(), code=1)
    agencies.typed("charter", "draft", plan, *out, *agencies.base(), "--expired")
    signed = []
    for member in (*AGENCIES, GATEWAY):
        keys = ("charter.key", "root.key") if member in HOLDERS else ("charter.key",)
        said: list[object] = [word for key in keys for word in ("--key", agencies.key(member, key))]
        signed.append(agencies.post / f"{member}.all.signatures.json")
        said += ["--out", signed[-1], "--yes", "--expired", *agencies.base(member)]
        agencies.typed("charter", "sign", agencies.post / "all.json", *said)

    publisher = charter_signer(load_signing_key(agencies.of(GATEWAY) / "keys" / "publisher.key"))
    office = CharterOffice(agencies.published, publisher, clock=turned)
    draft = CharterDraft.read(json.loads((agencies.post / "all.json").read_text("utf-8")))
    given = [Signatures.read(json.loads(path.read_text("utf-8"))) for path in signed]
    assert office.publish(draft, given).version == 2
    wait_for(lambda: done("health", watch), what="a server that serves again", passing=AssertionError)
    for member in (*AGENCIES, GATEWAY):
        facts = agencies.facts("charter", "verify", *agencies.base(member))
        assert facts["charter_version"] == 2, "whoever pinned the first root follows"

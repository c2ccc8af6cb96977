"""Keys, certificates, authorities and root are replaced while two callers ask: no question fails."""

from __future__ import annotations

import os
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from compose.local.founding import free_ports
from federation.charter.model import Gateway, Node
from federation.client import Client
from tests.support.founded_servers import running
from tests.support.founding import GATEWAY, SERVERS, Founding, founded, prepared
from tests.support.local import in_force
from tests.support.steady import Steady
from tests.support.waiting import wait_for

NODE, GATE, WINDOW, SECOND = (
    "police/node/police-1",
    "interconnect/gateway/gateway-1",
    "police/client/window-1",
    "police/client/window-2",
)
OFFICER = ("p001", "王警官")
ROOTS = ("justice", "police", "procuratorate")


@pytest.fixture
def agencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Founding]:
    """A federation that was founded by commands, with a second window, its servers running."""
    for name in [name for name in os.environ if name.startswith("HUTONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for kind in ("NODE", "GATEWAY"):
        for name, value in (
            ("UNSAFE_ALLOW_SYNTHETIC", "true"),
            ("CHARTER_EVERY_S", "0.5"),
            ("SIGNING_KEY_AFTER_S", "15"),  # the kept client looks for a charter every five seconds
            ("MAX_CONNECTION_AGE_S", "3"),
        ):
            monkeypatch.setenv(f"HUTONG_{kind}_{name}", value)
    ports = dict(zip(SERVERS.values(), free_ports(len(SERVERS)), strict=True))
    made = founded(prepared(tmp_path / "f", {name: f"localhost:{port}" for name, port in ports.items()}))
    made.installation(SECOND)
    change(
        made,
        '[[installations]]\nrequest = "window-2.request.json"\nroles = ["asks", "registers"]\n',
        police=["charter.key"],
    )
    with ExitStack() as stack:
        for name in SERVERS.values():
            stack.enter_context(running(made, name))
        said = [
            "--home",
            made.home(WINDOW),
            "--node",
            "police-1",
            "--officer",
            OFFICER[1],
            "--reason",
            "首位登记",
        ]
        made.typed("node", "officers", "register", *said, *OFFICER)
        officers = made.home(SECOND) / "officers"
        shutil.copytree(made.home(WINDOW) / "officers", officers, dirs_exist_ok=True)
        yield made


def change(agencies: Founding, says: str, **signers: list[str]) -> int:
    """Publish a change that these members sign, with these of their keys; return the charter's version."""
    count = len(list(agencies.post.glob("*.toml")))
    draft = agencies.draft(agencies.plan(f"change-{count}.toml", f"format = 1\n{says}"))
    agencies.publish(draft, *(agencies.sign(draft, member, *keys) for member, keys in signers.items()))
    version: int = agencies.facts("charter", "show", *agencies.base())["charter_version"]
    return version


def kind_of(installation: str) -> str:
    kind = installation.split("/")[1]
    return "window" if kind == "client" else kind


def status(agencies: Founding, installation: str) -> dict[str, object]:
    return agencies.facts(kind_of(installation), "keys", "status", "--home", agencies.home(installation))


def make_next(agencies: Founding, installation: str) -> str:
    """Make the next keys of an installation, and send their request file; return the public signing key."""
    home = agencies.home(installation)
    public: str = agencies.facts(kind_of(installation), "keys", "next", "--home", home)["public"]
    shutil.copy(home / "next.request.json", agencies.post / f"{home.name}.next.json")
    return public


def signs_with(agencies: Founding, installation: str) -> object:
    return status(agencies, installation)["signing_key"]["public"]  # type: ignore[index]


def certify(agencies: Founding, installation: str, keys: str, request: str = "next.request.json") -> int:
    """Have the authority in the folder `keys` issue a certificate, and put it in place in one step."""
    home, member = agencies.home(installation), installation.split("/")[0]
    out = home / "issued"
    facts = agencies.facts(
        "certs", "issue", "--csr", home / request, "--federation", "hutong.example",
        "--ca", agencies.of(member) / keys, "--out", out,
    )  # fmt: skip
    (out / "tls.pem").replace(home / "tls.pem")
    return int(facts["serial"], 16)


def shown(agencies: Founding, installation: str) -> int:
    """Return the serial number of the certificate that a new connection is shown."""
    host, _, port = agencies.endpoints[installation].rpartition(":")
    pem = ssl.get_server_certificate((host, int(port)), timeout=60)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def replace_signing_keys(agencies: Founding) -> None:
    """Of a node, the gateway and a window; the former ones are accepted for an hour."""
    public = {name: make_next(agencies, name) for name in (NODE, GATE, WINDOW)}
    row = '[[installations]]\nrequest = "{}.next.json"\nformer_hours = 1\n'
    says = row.format("police-1") + row.format("gateway-1") + row.format("window-1")
    change(
        agencies,
        f'{says}roles = ["asks", "registers"]\n',
        police=["charter.key"],
        interconnect=["charter.key"],
    )
    for name in (NODE, GATE):
        await_key(agencies, name, public[name])
    seen = agencies.home(WINDOW) / "signing.next.seen"
    wait_for(seen.exists, what="the window that knows of its next key")
    an_hour_ago = time.time() - 3601
    os.utime(seen, (an_hour_ago, an_hour_ago))
    await_key(agencies, WINDOW, public[WINDOW])


def await_key(agencies: Founding, installation: str, public: str) -> None:
    wait_for(
        lambda: signs_with(agencies, installation),
        lambda key: key == public,
        what=f"the key of {installation}",
    )


def await_shown(agencies: Founding, server: str, serial: int) -> None:
    wait_for(lambda: shown(agencies, server), lambda seen: seen == serial, what=f"{server} to show it")


def replace_tls_keys(agencies: Founding) -> None:
    """The keys were made with the signing keys; each takes effect with its certificate."""
    serials = {name: certify(agencies, name, "keys") for name in (NODE, GATE, WINDOW)}
    for name in (NODE, GATE):
        await_shown(agencies, name, serials[name])
    for name in (NODE, GATE, WINDOW):
        upcoming = agencies.home(name) / "tls.next.key"
        wait_for(upcoming.exists, lambda there: not there, what=f"the key of {name} in its place")


def replace_authorities(agencies: Founding, steady: Steady) -> None:
    """Of the police and of the gateway's member; what the former ones issued is accepted for thirty days."""
    for member in ("police", GATEWAY):
        keys = agencies.of(member) / "keys2"
        agencies.typed(
            "certs", "authority", "--federation", "hutong.example", "--member", member, "--out", keys
        )
        shutil.copy(keys / "authority.json", agencies.post / f"{member}.authority2.json")
    row = '[[authorities]]\nrequest = "{}.authority2.json"\n{}'
    members = ("police", GATEWAY)
    keys2 = {member: ["keys2/charter.key"] for member in members}
    signers = {member: ["root.key"] for member in ROOTS}
    says = "".join(row.format(member, "former_days = 30\n") for member in members)
    overlap = change(
        agencies, says, **{m: signers.get(m, []) + keys2.get(m, []) for m in {**signers, **keys2}}
    )
    await_charter(agencies, overlap, steady)
    for name in (NODE, GATE, WINDOW, SECOND):
        request = "request.json" if name == SECOND else "next.request.json"
        serial = certify(agencies, name, "keys2", request)
        if name in (NODE, GATE):
            await_shown(agencies, name, serial)
    steady.more(20)
    says = "".join(row.format(member, "") for member in members)
    await_charter(agencies, change(agencies, says, **signers), steady)


def replace_root(agencies: Founding, steady: Steady) -> None:
    """A share of the root and the publisher's key; nobody pins another root."""
    for member, share in (("justice", "--root"), (GATEWAY, "--publisher")):
        keys = agencies.of(member) / "keys3"
        agencies.typed(
            "certs", "authority", "--federation", "hutong.example", "--member", member, "--out", keys, share
        )
        shutil.copy(keys / "authority.json", agencies.post / f"{member}.authority3.json")
    says = (
        'format = 1\npublisher = "interconnect.authority3.json"\n[[root_keys]]\n'
        'request = "justice.authority3.json"\nin_place_of = "justice.authority.json"\n'
    )
    draft = agencies.draft(agencies.plan("root.toml", says))
    signed = [agencies.sign(draft, "justice", "root.key", "keys3/root.key")]
    signed += [agencies.sign(draft, member, "root.key") for member in ("police", "procuratorate")]
    key = agencies.key(GATEWAY, "keys3/publisher.key")
    agencies.typed(
        "charter", "publish", draft, *signed, "--published", agencies.published, "--publisher-key", key
    )
    version = agencies.facts("charter", "show", *agencies.base())["charter_version"]
    await_charter(agencies, version, steady)


def await_charter(agencies: Founding, version: int, steady: Steady) -> None:
    """Return when every server and the kept client have this charter."""
    with Client.open(agencies.home(WINDOW) / "federation.json", "police", officer=OFFICER[0]) as client:
        places: list[Node | Gateway] = [*client.charter.nodes, *client.charter.gateways]
        for server in places:
            line = client.connection.to_server(server.installation)
            wait_for(partial(in_force, line, version), what=f"charter {version} at {server.name}")
    steady.more()


def test_no_question_fails_while_keys_certificates_and_authorities_are_replaced(agencies: Founding) -> None:
    steady = Steady(agencies, keeps=SECOND, connects=WINDOW, officer=OFFICER[0])
    steps: list[Callable[[], None]] = [
        lambda: replace_signing_keys(agencies),
        lambda: replace_tls_keys(agencies),
        lambda: replace_authorities(agencies, steady),
        lambda: replace_root(agencies, steady),
    ]
    with steady.asking():
        steady.more()
        for step in steps:
            step()
            steady.more()

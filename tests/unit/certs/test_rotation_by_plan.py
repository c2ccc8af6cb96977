"""Plans that replace a key or an authority while the former one is still accepted, for a stated time and no longer."""

from __future__ import annotations

import json
import shutil
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from certs.charter_checking import insist_sound
from certs.charter_draft import Base, CharterDraft
from certs.charter_drafting import Lifetimes, authority_keys, drafted
from certs.charter_drafts import toml_bytes
from certs.charter_plan import read_plan
from federation.charter.load import DirectoryFetcher, load
from federation.charter.model import Charter
from federation.charter.parse import POLICY
from federation.errors import CharterUnusable, InvalidRequest
from federation.values.clock import now
from federation.values.identity import Installation, MemberId
from tests.support.founding import Founding

NODE = Installation.parse("justice/node/justice-1")
JUSTICE = MemberId("justice")
ROOTS = ("justice", "police", "procuratorate")


def in_force(agencies: Founding, tmp_path: Path) -> Charter:
    root = (agencies.published / "metadata" / "1.root.json").read_bytes()
    return load(DirectoryFetcher(agencies.published), tmp_path / "seen", root, at=now()).charter


def next_key(agencies: Founding) -> str:
    home = agencies.home(str(NODE))
    public: str = agencies.facts("node", "keys", "next", "--home", home)["public"]
    again: str = agencies.facts("node", "keys", "next", "--home", home)["public"]
    assert again == public
    shutil.copy(home / "next.request.json", agencies.post / "justice-1.next.json")
    return public


def test_a_former_key_stays_listed_until_the_stated_hour(agencies: Founding, tmp_path: Path) -> None:
    [before] = in_force(agencies, tmp_path).installations[NODE].keys
    public = next_key(agencies)
    says = 'format = 1\n[[installations]]\nrequest = "justice-1.next.json"\nformer_hours = 48\n'
    draft = agencies.draft(agencies.plan("key.toml", says))
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    new, former = in_force(agencies, tmp_path).installations[NODE].keys
    assert (new.public.hex(), former.public) == (public, before.public)
    assert abs(former.not_after - now() - timedelta(hours=48)) < timedelta(minutes=10)
    status = agencies.facts("node", "keys", "status", "--home", agencies.home(str(NODE)))
    assert status["next_signing_key"]["listed"]
    assert status["next_tls_key"]


def test_without_the_hours_the_former_key_is_gone(agencies: Founding, tmp_path: Path) -> None:
    public = next_key(agencies)
    says = 'format = 1\n[[installations]]\nrequest = "justice-1.next.json"\n'
    draft = agencies.draft(agencies.plan("key.toml", says))
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    [only] = in_force(agencies, tmp_path).installations[NODE].keys
    assert only.public.hex() == public


@pytest.mark.parametrize("hours", ["0", "721", "-1", "true"])
def test_a_time_that_is_none_is_refused_with_its_line(agencies: Founding, hours: str) -> None:
    next_key(agencies)
    says = f'format = 1\n[[installations]]\nrequest = "justice-1.next.json"\nformer_hours = {hours}\n'
    with pytest.raises(CharterUnusable, match="former_hours"):
        read_plan(agencies.plan("key.toml", says), now=now())


def new_authority(agencies: Founding) -> None:
    keys = agencies.of("justice") / "keys2"
    agencies.typed(
        "certs", "authority", "--federation", "hutong.example", "--member", "justice", "--out", keys
    )
    shutil.copy(keys / "authority.json", agencies.post / "justice.authority2.json")


def test_a_former_authority_is_named_with_its_end(agencies: Founding, tmp_path: Path) -> None:
    before = in_force(agencies, tmp_path).authorities[JUSTICE]
    new_authority(agencies)
    says = 'format = 1\n[[authorities]]\nrequest = "justice.authority2.json"\nformer_days = 30\n'
    draft = agencies.draft(agencies.plan("authority.toml", says))
    signed = [agencies.sign(draft, member, "root.key") for member in ROOTS[1:]]
    agencies.publish(draft, agencies.sign(draft, "justice", "root.key", "keys2/charter.key"), *signed)
    charter = in_force(agencies, tmp_path)
    assert charter.former_authorities[JUSTICE].certificate == before
    assert [pem for pem, _ in charter.issuers(JUSTICE)] == [charter.authorities[JUSTICE], before]
    assert "former authority justice counts until" in agencies.facts("charter", "show", *agencies.base())


def test_nobody_signs_a_former_authority_that_the_charter_never_had(agencies: Founding) -> None:
    """Who drafts could have a certificate of their own accepted as the former one of another agency."""
    new_authority(agencies)
    says = 'format = 1\n[[authorities]]\nrequest = "justice.authority2.json"\nformer_days = 30\n'
    path = agencies.draft(agencies.plan("authority.toml", says))
    document = json.loads(path.read_text("utf-8"))
    draft = CharterDraft.read(document)
    files = dict(draft.files)
    policy = tomllib.loads(files[POLICY].decode())
    policy["authorities"]["justice"]["former"] = policy["authorities"]["police"]["ca"]
    files[POLICY] = toml_bytes(policy)
    root = (agencies.published / "metadata" / "1.root.json").read_bytes()
    base = Base.of(load(DirectoryFetcher(agencies.published), path.parent / "seen", root, at=now()))
    forged = drafted(
        base,
        files,
        root=None,
        authorities=authority_keys(draft.targets(base)),
        requests=draft.requests,
        lifetimes=Lifetimes(),
        now=now(),
    )
    with pytest.raises(InvalidRequest) as caught:
        insist_sound(forged, base, now=now())
    assert "[FORMER]" in caught.value.message

"""A plan that lists again what the charter has: what was signed stays checkable, and what was followed stays former."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from certs.charter_checking import insist_sound
from certs.charter_draft import Base, CharterDraft
from certs.charter_folder import CharterFolder
from certs.charter_plan import read_plan
from certs.charter_planning import draft_of
from federation.charter.load import DirectoryFetcher, load
from federation.charter.model import Key
from federation.errors import InvalidRequest
from federation.values.clock import now
from federation.values.identity import Installation, MemberId
from tests.support.founding import Founding

NODE = Installation.parse("justice/node/justice-1")
JUSTICE = MemberId("justice")
ROOTS = ("justice", "police", "procuratorate")


def base(agencies: Founding) -> Base:
    root = (agencies.published / "metadata" / "1.root.json").read_bytes()
    return Base.of(load(DirectoryFetcher(agencies.published), agencies.post / "seen", root, at=now()))


def keys(agencies: Founding) -> dict[str, Key]:
    root = (agencies.published / "metadata" / "1.root.json").read_bytes()
    charter = load(DirectoryFetcher(agencies.published), agencies.post / "seen", root, at=now()).charter
    return {key.public.hex(): key for key in charter.installations[NODE].keys}


def drafted(agencies: Founding, says: str) -> Path:
    count = len(list(agencies.post.glob("*.toml")))
    return agencies.draft(agencies.plan(f"again-{count}.toml", f"format = 1\n{says}"))


def lists(agencies: Founding, request: str, more: str = "") -> None:
    draft = drafted(agencies, f'[[installations]]\nrequest = "{request}"\n{more}\n')
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))


def next_key(agencies: Founding) -> str:
    home = agencies.home(str(NODE))
    public: str = agencies.facts("node", "keys", "next", "--home", home)["public"]
    shutil.copy(home / "next.request.json", agencies.post / "justice-1.next.json")
    return public


def authority_again(agencies: Founding, days: int) -> Path:
    return drafted(agencies, f'[[authorities]]\nrequest = "justice.authority2.json"\nformer_days = {days}\n')


def new_authority(agencies: Founding) -> None:
    folder = agencies.of("justice") / "keys2"
    agencies.typed(
        "certs", "authority", "--federation", "hutong.example", "--member", "justice", "--out", folder
    )
    shutil.copy(folder / "authority.json", agencies.post / "justice.authority2.json")


def test_a_key_that_is_listed_again_for_other_divisions_keeps_its_beginning(agencies: Founding) -> None:
    """What it signed before is checked as of that moment: a receipt would be of a key that did not hold yet."""
    [(public, before)] = keys(agencies).items()
    lists(agencies, "justice-1.request.json", 'divisions = ["11"]')
    assert keys(agencies)[public].not_before == before.not_before


def test_the_key_of_an_old_request_does_not_come_back(agencies: Founding) -> None:
    """`request.json` still shows the key that was followed; listing it would bar the one that the server signs with."""
    next_key(agencies)
    lists(agencies, "justice-1.next.json", "former_hours = 48")
    plan = agencies.plan("old.toml", 'format = 1\n[[installations]]\nrequest = "justice-1.request.json"\n')
    shown = agencies.typed(
        "charter", "draft", plan, "--out", agencies.post / "old.json", *agencies.base(), code=1
    )
    assert "[FORMER]" in shown


def test_keys_that_ended_stay_listed_when_the_present_one_is_listed_again(agencies: Founding) -> None:
    """Their receipts are years old; a change of divisions must not take the signer from them."""
    [(first, _)] = keys(agencies).items()
    public = next_key(agencies)
    lists(agencies, "justice-1.next.json", "former_hours = 1")
    ends = keys(agencies)[first].not_after
    plan = agencies.plan(
        "divisions.toml",
        'format = 1\n[[installations]]\nrequest = "justice-1.next.json"\ndivisions = ["11"]\n',
    )
    later = ends + timedelta(hours=1)
    draft = draft_of(read_plan(plan, now=later), base(agencies), now=later)
    file = draft.files["installations/justice.toml"].decode()
    assert first in file
    assert public in file


def test_a_draft_whose_time_for_the_former_one_is_over_is_drafted_anew(agencies: Founding) -> None:
    """Signatures of three agencies may take longer than the days that it states; then all certificates end at once."""
    new_authority(agencies)
    draft = CharterDraft.read(json.loads(authority_again(agencies, 1).read_text("utf-8")))
    insist_sound(draft, base(agencies), now=now())
    with pytest.raises(InvalidRequest) as caught:
        insist_sound(draft, base(agencies), now=now() + timedelta(days=2))
    assert "[FORMER]" in caught.value.message


def test_an_authority_that_is_listed_again_keeps_its_former_certificate(agencies: Founding) -> None:
    new_authority(agencies)
    for days in (30, 20):
        draft = authority_again(agencies, days)
        signed = [agencies.sign(draft, member, "root.key") for member in ROOTS[1:]]
        own = ["root.key", "keys2/charter.key"] if days == 30 else ["root.key"]
        agencies.publish(draft, agencies.sign(draft, "justice", *own), *signed)
        root = (agencies.published / "metadata" / "1.root.json").read_bytes()
        charter = load(DirectoryFetcher(agencies.published), agencies.post / "seen", root, at=now()).charter
        left = charter.former_authorities[JUSTICE].until - now()
        assert abs(left - timedelta(days=days)) < timedelta(hours=1)
    plan = agencies.plan(
        "longer.toml", 'format = 1\n[[authorities]]\nrequest = "justice.authority2.json"\nformer_days = 60\n'
    )
    shown = agencies.typed(
        "charter", "draft", plan, "--out", agencies.post / "longer.json", *agencies.base(), code=1
    )
    assert "[NO_CHANGE]" in shown


def test_another_root_does_not_take_the_place_of_one_that_readers_may_have(
    agencies: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers keep a root that they have seen: with two of one number they would follow different charters for ever."""
    first, second = (drafted(agencies, '[[renewals]]\nof = "root"\n' + more) for more in ("", _LEAVES))
    whole = CharterFolder.write

    def cut(folder: CharterFolder, files: dict[str, bytes]) -> None:
        whole(folder, {name: content for name, content in files.items() if "timestamp" not in name})
        raise KeyboardInterrupt

    signed = {d: [agencies.sign(d, member, "root.key") for member in ROOTS] for d in (first, second)}
    with monkeypatch.context() as killed:
        killed.setattr(CharterFolder, "write", cut)
        agencies.publish(first, *signed[first], code=1)
    written = (agencies.published / "metadata" / "2.root.json").read_bytes()
    assert "[STALE]" in agencies.publish(second, *signed[second], code=1)
    assert (agencies.published / "metadata" / "2.root.json").read_bytes() == written
    agencies.publish(first, *signed[first])


_LEAVES = '[[root_keys]]\nin_place_of = "state_security.authority.json"\n'

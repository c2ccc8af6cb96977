"""Plans that change a charter: what they do not state stays; an agency needs no key of the publisher for its part."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata

from certs.charter_draft import CharterDraft
from certs.charter_office import CharterOffice, Lifetimes
from certs.charter_plan import read_plan
from certs.charter_signatures import Signatures
from certs.signing import charter_signer, load_signing_key
from federation.errors import CharterUnusable, InvalidRequest
from federation.values.clock import now
from tests.support.founding import (
    AGENCIES,
    GATEWAY,
    SERVERS,
    WINDOWS,
    Founding,
    founding_plan,
)

NODE = "justice/node/justice-1"


def changed(agencies: Founding, says: str, name: str = "change.toml") -> dict[str, Any]:
    """Publish a change that justice signs alone; return the charter's facts."""
    draft = agencies.draft(agencies.plan(name, f"format = 1\n{says}"))
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    return agencies.facts("charter", "show", *agencies.base())


def states(state: str) -> str:
    return f'[[states]]\ninstallation = "{NODE}"\nstate = "{state}"\n'


LISTED = '[[installations]]\nrequest = "justice-1.request.json"\n'


def new_key(agencies: Founding) -> str:
    """Replace the signing key of the node, as the operator does; return what `init` prints as its public half."""
    home = agencies.home(NODE)
    (home / "signing.key").unlink()
    said = ["--installation", NODE, "--charter", agencies.published]
    public: str = agencies.facts("node", "init", "--home", home, *said)["public"]
    shutil.copy(home / "request.json", agencies.post / "justice-1.request.json")
    return public


def test_a_new_key_opens_no_suspended_installation_and_widens_no_divisions(agencies: Founding) -> None:
    """It became active, and registered for every division: both where the plan had not said so."""
    changed(agencies, f'{LISTED}divisions = ["110105"]\n{states("suspended")}')
    public = new_key(agencies)
    plan = agencies.plan("key.toml", f"format = 1\n{LISTED}")
    shown = agencies.facts("charter", "draft", plan, "--out", agencies.post / "d.json", *agencies.base())
    facts = [each["fact"].removeprefix(f"justice.installations[{NODE}].") for each in shown["differences"]]
    assert all(fact.startswith("keys[") for fact in facts), facts
    assert any(f"keys[{public}]" in fact for fact in facts)
    assert changed(agencies, LISTED)[NODE].startswith("suspended")
    assert changed(agencies, states("removed"))[NODE].startswith("removed")
    assert changed(agencies, LISTED)[NODE].startswith("active"), "it joins anew"


def test_the_first_node_of_a_member_certifies_its_officers_also_when_the_member_came_before(
    template: Founding, tmp_path: Path
) -> None:
    """The officers of a member whose node came later were whoever its windows named."""
    shutil.copytree(template.place, tmp_path / "f")
    agencies = Founding(tmp_path / "f", template.endpoints)
    shutil.rmtree(agencies.published)
    servers = {member: name for member, name in SERVERS.items() if name != NODE}
    draft = agencies.draft(agencies.plan("few.toml", founding_plan(servers, WINDOWS)), changes=False)
    signed = [agencies.sign(draft, each, "charter.key", "root.key", changes=False) for each in AGENCIES]
    agencies.publish(draft, *signed, agencies.sign(draft, GATEWAY, "charter.key", changes=False))
    agencies.pin(*AGENCIES, GATEWAY)
    certified = "officers of justice certified since"
    assert certified not in agencies.facts("charter", "show", *agencies.base())
    assert certified in changed(agencies, LISTED)


def test_an_agency_revokes_a_certificate_without_the_publishers_key(agencies: Founding) -> None:
    home = agencies.home(NODE)
    serial = agencies.facts("certs", "show", home / "tls.pem")["serial"]
    facts = changed(
        agencies, f'[[revocations]]\nauthority = "justice"\nserial = "{serial}"\n{states("suspended")}'
    )
    assert facts["revoked by justice"] == [serial]
    assert facts[NODE].startswith("suspended")
    said = ["--ca", agencies.of("justice") / "keys", "--out", agencies.place / "again"]
    shown = agencies.typed("certs", "renew", home / "tls.pem", *said, *agencies.base(), code=1)
    assert "[REVOKED]" in shown


def test_an_agencys_part_is_renewed_before_it_runs_out_without_the_publishers_key(agencies: Founding) -> None:
    """A plan that changes nothing was refused, so that only a machine with both keys could renew a part."""
    says = '[[renewals]]\nof = "justice"\n'
    draft = agencies.draft(agencies.plan("renew.toml", f"format = 1\n{says}"))
    shown = agencies.facts("charter", "draft", agencies.post / "renew.toml", "--out", draft, *agencies.base())
    assert [each["fact"] for each in shown["differences"]] == ["signs.justice.expires"]
    changed(agencies, says)
    files = agencies.published / "metadata"
    before, after = (Metadata[Any].from_file(str(files / f"{n}.justice.json")).signed for n in (1, 2))
    assert before.targets["installations/justice.toml"] == after.targets["installations/justice.toml"]
    assert after.expires >= before.expires


def test_the_policy_is_renewed_by_as_many_as_must_sign_it(agencies: Founding) -> None:
    draft = agencies.draft(agencies.plan("renew.toml", 'format = 1\n[[renewals]]\nof = "policy"\n'))
    signed = [agencies.sign(draft, each, "root.key") for each in ("justice", "police", "procuratorate")]
    assert "[THRESHOLD]" in agencies.publish(draft, *signed[:2], code=1)
    agencies.publish(draft, *signed)
    assert (agencies.published / "metadata" / "2.targets.json").exists()
    plan = agencies.plan("none.toml", 'format = 1\n[[renewals]]\nof = "nobody"\n')
    out = agencies.post / "n.json"
    assert "[AUTHORITY]" in agencies.typed("charter", "draft", plan, "--out", out, *agencies.base(), code=1)


def test_a_draft_is_still_good_after_the_publisher_has_made_the_charter_fresh(agencies: Founding) -> None:
    """A new snapshot gave the charter another version, and every draft on its way was refused as old."""
    draft = agencies.draft(agencies.plan("s.toml", f"format = 1\n{states('suspended')}"))
    key = charter_signer(load_signing_key(agencies.of(GATEWAY) / "keys" / "publisher.key"))
    before = agencies.facts("charter", "show", *agencies.base())["charter_version"]
    CharterOffice(agencies.published, key, lifetimes=Lifetimes(snapshot=timedelta(days=90))).refresh()
    assert agencies.facts("charter", "show", *agencies.base())["charter_version"] == before + 1
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    assert agencies.facts("charter", "show", *agencies.base())[NODE].startswith("suspended")


@pytest.mark.parametrize(
    ("says", "field"),
    [
        ('[purposes]\ncas = ["police"]\n', "purposes.cas"),
        ("[purposes]\ncase = []\n", "purposes"),
        (f"{LISTED}key_days = 99999999999\n", "key_days"),
        (f"{LISTED}key_days = 0\n", "key_days"),
        (
            f'[[endpoints]]\ninstallation = "{NODE}"\nendpoint = "new.justice.example"\n',
            "endpoints[0].endpoint",
        ),
        ('[[revocations]]\nauthority = "justice"\nserial = "no hex"\n', "revocations[0].serial"),
    ],
)
def test_a_plan_that_would_do_harm_names_the_field(agencies: Founding, says: str, field: str) -> None:
    with pytest.raises(CharterUnusable) as caught:
        read_plan(agencies.plan("bad.toml", f"format = 1\n{says}"), now=now())
    assert field in str(caught.value.message)


def test_a_threshold_in_a_change_does_not_silently_do_nothing(agencies: Founding) -> None:
    plan = agencies.plan("t.toml", f"format = 1\nthreshold = 4\n{states('suspended')}")
    said = ["--out", agencies.post / "t.json", *agencies.base()]
    assert "threshold: leave it out" in agencies.typed("charter", "draft", plan, *said, code=1)


def test_a_node_of_a_member_whom_no_purpose_asks_is_not_listed(agencies: Founding) -> None:
    """Every question would have been answered as complete without it."""
    name = "railway_police/node/railway-1"
    agencies.endpoints[name] = "localhost:7402"
    agencies.authority("railway_police")
    agencies.installation(name)
    says = '[[members]]\nid = "railway_police"\ntitle = "铁路公安机关"\nclass = "police"\n'
    says += '[[authorities]]\nrequest = "railway_police.authority.json"\n'
    says += '[[installations]]\nrequest = "railway-1.request.json"\n'
    plan, said = agencies.plan("r.toml", f"format = 1\n{says}"), ["--out", agencies.post / "r.json"]
    assert "[UNASKED]" in agencies.typed("charter", "draft", plan, *said, *agencies.base(), code=1)
    asked = ", ".join(f'"{member}"' for member in (*AGENCIES, "railway_police"))
    plan = agencies.plan("r.toml", f"format = 1\n[purposes]\ncase = [{asked}]\n{says}")
    agencies.typed("charter", "draft", plan, *said, *agencies.base())


def test_a_folder_that_was_misspelt_is_not_made(agencies: Founding) -> None:
    draft = agencies.draft(agencies.plan("s.toml", f"format = 1\n{states('suspended')}"))
    signed = agencies.sign(draft, "justice", "charter.key")
    agencies.published.rename(agencies.place / "elsewhere")
    assert "holds no charter" in agencies.publish(draft, signed, code=1)
    assert not agencies.published.exists()


def test_init_writes_the_request_of_exchanged_keys_anew_and_keeps_the_address(agencies: Founding) -> None:
    """It printed the public half of the key that was gone, and the charter then listed that one."""
    home = agencies.home(NODE)
    before = json.loads((home / "request.json").read_text("utf-8"))
    public = new_key(agencies)
    facts = agencies.facts(
        "node", "init", "--home", home, "--installation", NODE, "--charter", agencies.published
    )
    assert (facts["public"], facts["endpoint"]) == (public, agencies.endpoints[NODE])
    assert json.loads((home / "request.json").read_text("utf-8")) != before
    moved = ["--installation", NODE, "--charter", agencies.published, "--endpoint", "there:7401"]
    assert agencies.facts("node", "init", "--home", home, *moved)["endpoint"] == "there:7401"


def test_init_makes_nothing_in_the_folder_of_another_installation(agencies: Founding) -> None:
    """It said that the other installation was set up there."""
    home = agencies.home(NODE)
    said = ["--home", home, "--installation", "justice/node/justice-2", "--charter", agencies.published]
    assert "[INSTALLATION]" in agencies.typed("node", "init", *said, code=1)
    (home / "request.json").unlink()  # as an earlier version leaves it
    assert "[INSTALLATION]" in agencies.typed("node", "init", *said, code=1)
    assert not (home / "request.json").exists()


def test_an_authority_that_runs_out_is_replaced_with_the_key_of_its_part(agencies: Founding) -> None:
    """Its part was still signed by the former key, so that no charter with it verified."""
    keys = agencies.of("justice") / "keys"
    keys.rename(agencies.of("justice") / "former")
    agencies.authority("justice")
    says = '[[authorities]]\nrequest = "justice.authority.json"\n'
    draft = agencies.draft(agencies.plan("ca.toml", f"format = 1\n{says}"))
    signed = [
        agencies.sign(draft, each, "root.key") for each in ("police", "state_security", "procuratorate")
    ]
    assert "[THRESHOLD]" in agencies.publish(draft, *signed, code=1)
    agencies.publish(draft, *signed, agencies.sign(draft, "justice", "charter.key"))
    assert changed(agencies, states("suspended"))[NODE].startswith("suspended")
    home = agencies.home(NODE)
    said = ["--federation", "hutong.example", "--ca", keys, "--out", agencies.place / "new"]
    agencies.typed("certs", "issue", "--csr", home / "request.json", *said)


def test_a_part_that_ran_out_says_who_must_sign_it_anew(agencies: Founding) -> None:
    """The publisher's own refresh ended with "its publisher must refresh it"."""
    publisher = charter_signer(load_signing_key(agencies.of(GATEWAY) / "keys" / "publisher.key"))
    later = now() + timedelta(days=181)
    office = CharterOffice(agencies.published, publisher, clock=lambda: later)
    with pytest.raises(CharterUnusable, match="interconnect must sign its part anew"):
        office.refresh()


def test_a_charter_whose_parts_ran_out_together_is_renewed_by_one_draft(
    agencies: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of one founding run out on one day, and none could be signed anew while another one was too old."""
    later = now() + timedelta(days=181)
    for module in ("draft_cli", "commands"):
        monkeypatch.setattr(f"certs.{module}.now", lambda: later)
    parts = [*AGENCIES, GATEWAY]
    says = "".join(f'[[renewals]]\nof = "{part}"\n' for part in parts)
    plan, draft = agencies.plan("all.toml", f"format = 1\n{says}"), agencies.post / "all.json"
    said = ["--out", draft, *agencies.base()]
    assert "[CHARTER_EXPIRED]" in agencies.typed("charter", "draft", plan, *said, code=1)
    agencies.typed("charter", "draft", plan, *said, "--expired")
    signed = [_signed_though_expired(agencies, draft, part) for part in parts]

    publisher = charter_signer(load_signing_key(agencies.of(GATEWAY) / "keys" / "publisher.key"))
    office = CharterOffice(agencies.published, publisher, clock=lambda: later)
    read = CharterDraft.read(json.loads(draft.read_text("utf-8")))
    given = [Signatures.read(json.loads(path.read_text("utf-8"))) for path in signed]
    with pytest.raises(InvalidRequest, match="THRESHOLD"):
        office.publish(read, given[1:])
    assert office.publish(read, given).version == 2
    office.refresh()


def _signed_though_expired(agencies: Founding, draft: Path, member: str) -> Path:
    out = agencies.post / f"{member}.renewal.json"
    said = ["--key", agencies.of(member) / "keys" / "charter.key", "--out", out, "--yes", "--expired"]
    agencies.typed("charter", "sign", draft, *said, *agencies.base(member))
    return out


def test_a_charter_that_may_have_run_out_is_not_changed_otherwise(agencies: Founding) -> None:
    plan = agencies.plan("s.toml", f"format = 1\n{states('suspended')}")
    said = ["--out", agencies.post / "s.json", *agencies.base(), "--expired"]
    assert "[RENEWAL]" in agencies.typed("charter", "draft", plan, *said, code=1)
    (agencies.of("justice") / "keys" / "charter.key").unlink()
    agencies.authority("justice")  # with another key of its part
    plan = agencies.plan("key.toml", 'format = 1\n[[authorities]]\nrequest = "justice.authority.json"\n')
    assert "[RENEWAL]" in agencies.typed("charter", "draft", plan, *said, code=1)

"""The pair test: no rpc tells a caller without sealed access a sealed person from an unknown one (R39 to R45).

Each rpc that such a caller may use is played on real servers about persons who differ only in what is sealed, and all
that the caller gets is compared (`tests.support.pairs`). An rpc that is not played stands in the table with the reason.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

import pytest

import federation.v1
from compose.report.metrics import exposition
from compose.report.report_cli import collect
from federation.transport import access
from federation.values.identity import Kind, OrganFunction
from tests.support.federation import SmallFederation
from tests.support.pairs import HANDED_OVER, SPREADING, UNKNOWN, VARIANTS, differences, planted, subject
from tests.support.playing import PLAYS
from tests.support.recording import Heard, Recorder
from tests.support.seal_servers import seal_servers
from tests.support.stage import Stage

#: So many seconds after 1970 no fixed time is near.
NEVER = 1e9


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return a federation between two fixed times, with a prison, a county bureau and operators of the gateway."""
    home, folder = tmp_path_factory.mktemp("pairs"), tmp_path_factory.mktemp("files")
    others = {"prison": OrganFunction.PRISON, "county_justice": OrganFunction.COUNTY_JUSTICE_BUREAU}
    small = SmallFederation(home, others=others, operators=True)
    with (
        pytest.MonkeyPatch.context() as patch,
        seal_servers(
            home, federation=small, members_checkpoint_every_s=NEVER, spreading_entry_every_s=NEVER
        ) as servers,
    ):
        patch.setenv("XDG_STATE_HOME", str(home / "state-of-clients"))
        recorder = Recorder()
        recorder.follow(patch)
        playing = Stage(servers, recorder, folder, PLAYS)
        yield playing
        playing.close()


@dataclass(frozen=True)
class Exempt:
    """Why an rpc is not played."""

    reason: str


REGISTER = Exempt("A holder's registrars are trusted for their own register (docs/threats.md).")
OFFICERS = Exempt("The roll of the agency's own officers names no person of the register.")
OWN_LOG = Exempt(
    "Operators and auditors read their own log in clear; other members are refused for all alike."
)
WITNESS = Exempt(
    "For operators and witnesses, who see how a log grows: tests/integration/test_logs_grow_alike.py shows that it "
    "grows alike. Other members are refused alike for every size: test_sizes_tell_nothing.py."
)
GATEWAYS_ONLY = Exempt(
    "For gateways alone, which merge answers and apply sealing: a gateway sees everything that passes "
    "(docs/threats.md). What reaches others through it is played there."
)
ANNOUNCED = Exempt(
    "From nodes to gateways and from these to nodes alone, and nothing is looked up for it: "
    "tests/integration/test_waiting_for_decisions.py compares what is said, stored and logged."
)
OWN_RECALLS = Exempt("A recall is caused by the holder's own record, which its registrars see anyway.")

Table = Mapping[str, tuple[str, ...] | Exempt]
_EVERYWHERE: Table = {
    "CharterService/GetCharter": ("lists",),
    "EvidenceService/GetCheckpoint": ("lists",),
    "EvidenceService/ListEntries": OWN_LOG,
    "EvidenceService/ProveInclusion": WITNESS,
    "EvidenceService/ProveConsistency": WITNESS,
}
#: Rpc -> the play in which it is heard, or why it is not played.
NODE: Table = {
    **_EVERYWHERE,
    "LookupService/Lookup": GATEWAYS_ONLY,
    "RegistryService/Enter": REGISTER,
    "RegistryService/EnterMany": REGISTER,
    "RegistryService/Amend": REGISTER,
    "RegistryService/Withdraw": REGISTER,
    "RegistryService/Show": REGISTER,
    "RegistryService/History": REGISTER,
    "NoticeService/Submit": GATEWAYS_ONLY,
    "NoticeService/Track": GATEWAYS_ONLY,
    "NoticeService/PutDocument": GATEWAYS_ONLY,
    "NoticeService/GetDocument": REGISTER,
    "DocumentService/Attach": REGISTER,
    "DocumentService/ListAttached": REGISTER,
    "IntakeService/ListWaiting": REGISTER,
    "IntakeService/Decide": REGISTER,
    "IntakeService/Report": ("figures",),
    "ExpectationService/ListExpected": ("lists",),
    "SealingService/Seal": REGISTER,
    "SealingService/Unseal": REGISTER,
    "SealingService/Propose": ("peers",),
    "SealingService/ListSpreading": GATEWAYS_ONLY,
    "SealingService/Show": REGISTER,
    "SealingService/Acknowledge": GATEWAYS_ONLY,
    "SealingService/Object": REGISTER,
    "SealingService/Certify": REGISTER,
    "SealingService/Reseal": REGISTER,
    "SealingService/Oversee": REGISTER,
    "SealingService/Serve": REGISTER,
    "SealingService/Examine": REGISTER,
    "SealingService/Decide": REGISTER,
    "WorkingService/Add": REGISTER,
    "WorkingService/Show": REGISTER,
    "WorkingService/Find": REGISTER,
    "WorkingService/Assign": REGISTER,
    "ApplicationService/Submit": ("application",),
    "ApplicationService/Accept": ("application",),
    "ApplicationService/Review": ("application",),
    "ApplicationService/Handle": ("application",),
    "ApplicationService/Object": ("application",),
    "ApplicationService/Show": ("application",),
    "ApplicationService/List": ("application",),
    "ApplicationService/VerifyDocument": ("application",),
    "IdentityService/Split": REGISTER,
    "IdentityService/Merge": REGISTER,
    "IdentityService/UndoMerge": REGISTER,
    "IdentityService/ListMerges": REGISTER,
    "IdentityService/ListCandidates": REGISTER,
    "IdentityService/Distinguish": REGISTER,
    "IdentityService/UndoDistinction": REGISTER,
    "IdentityService/ListDistinctions": REGISTER,
    "RecallService/Told": REGISTER,
    "HeadService/GetStanding": WITNESS,
    "HeadService/AcceptLog": WITNESS,
    "OfficerService/Register": OFFICERS,
    "OfficerService/Remove": OFFICERS,
    "OfficerService/List": OFFICERS,
    "OfficerService/Certify": OFFICERS,
    "AnnouncementService/Announce": ANNOUNCED,
}
#: The same at a gateway.
GATEWAY: Table = {
    **_EVERYWHERE,
    "QueryService/Ask": ("case", "public", "defence", "own", "by name"),
    "SealingService/Propose": ("peers",),
    "SealingService/Acknowledge": ("peers",),
    "NoticeService/Submit": ("notices",),
    "NoticeService/Track": ("notices",),
    "NoticeService/PutDocument": ("notices",),
    "NoticeService/GetDocument": ("notices",),
    "IntakeService/Report": ("figures",),
    "RecallService/HandIn": ("peers",),
    "RecallService/List": ("case", "public", "defence", "own", "by name", "recalls", "peers"),
    "RecallService/Acknowledge": ("recalls",),
    "RecallService/Track": OWN_RECALLS,
    "ReconciliationService/Reconcile": ("lists",),
    "ParkedService/List": ("figures",),
    "ParkedService/Again": ("notices",),
    "HeadService/GetHighestHead": WITNESS,
    "HeadService/HandInAcceptance": WITNESS,
    "HeadService/ListHeads": WITNESS,
    "AnnouncementService/Announce": ANNOUNCED,
}
PACKAGE = "/federation.v1."
PLAYED = [
    pytest.param(kind, PACKAGE + rpc, play, id=f"{kind} {rpc} {play}")
    for kind, table in ((Kind.NODE, NODE), (Kind.GATEWAY, GATEWAY))
    for rpc, plays in table.items()
    if not isinstance(plays, Exempt)
    for play in plays
]


def of(heard: list[Heard], kind: Kind, method: str) -> list[Heard]:
    """Return what was heard of one rpc at one kind of server."""
    return [each for each in heard if (each.server, each.method) == (kind, method)]


@pytest.mark.parametrize(("kind", "method", "play"), PLAYED)
def test_r41_what_callers_get_is_the_same_whatever_is_sealed(
    stage: Stage, kind: Kind, method: str, play: str
) -> None:
    heard = stage.heard(play)
    nobody, about_nobody = heard[UNKNOWN]
    assert of(about_nobody, kind, method), "the play does not call it"
    for variant in VARIANTS:
        person, about = heard[variant]
        found = differences(of(about_nobody, kind, method), of(about, kind, method), nobody, person)
        assert not found, f"{variant} and {UNKNOWN}:\n" + "\n".join(found)


@pytest.mark.parametrize(("kind", "method", "play"), PLAYED)
def test_a_planted_difference_is_found(stage: Stage, kind: Kind, method: str, play: str) -> None:
    person, heard = stage.heard(play)[UNKNOWN]
    called = of(heard, kind, method)
    assert not differences(called, called, person, person)
    for place, call in enumerate(called):
        for what, other in planted(call):
            changed = [*called[:place], other, *called[place + 1 :]]
            assert differences(called, changed, person, person), f"not found: {what}"
    assert differences(called, called[1:], person, person), "not found: one call less"


def test_every_rpc_is_in_the_table() -> None:
    offered = {
        f"{PACKAGE}{service.name}/{method.name}"
        for module in pkgutil.iter_modules(federation.v1.__path__)
        if module.name.endswith("_pb2")
        for service in import_module(f"federation.v1.{module.name}").DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert {PACKAGE + rpc for rpc in (*NODE, *GATEWAY)} == offered
    for table, rules in ((NODE, access.NODE), (GATEWAY, access.GATEWAY)):
        assert {PACKAGE + rpc for rpc in table} == {rpc for rpc in rules if rpc.startswith(PACKAGE)}


def test_every_play_is_in_the_table() -> None:
    named = {p for table in (NODE, GATEWAY) for v in table.values() if not isinstance(v, Exempt) for p in v}
    assert named == set(PLAYS)


def test_r45_the_metrics_are_the_same_whatever_is_sealed(stage: Stage) -> None:
    """Read as operators do, with the record there, and once somebody has asked.

    A copy that another holder has open counts at that holder as open until the seal arrives, with the first question at
    the latest; a recall counts while it is on its way (docs/threats.md).
    """
    home, read = stage.description.parent, {}
    for variant in VARIANTS:
        with subject(stage.servers, variant) as about:
            texts = [] if variant in (SPREADING, HANDED_OVER) else [exposition(collect(home))]
            PLAYS["case"](stage, about)
            stage.rest()
            texts.append(exposition(collect(home)))
        read[variant] = set(texts)
    assert read == dict.fromkeys(VARIANTS, read[UNKNOWN])
    assert len(read[UNKNOWN]) == 1

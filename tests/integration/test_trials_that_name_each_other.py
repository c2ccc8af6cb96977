"""Offenders of one case tried apart: a seal in one trial closes the texts of the other, whichever names which (R41)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from federation.record.fields import CO_OFFENDERS
from federation.v1 import record_pb2, registry_pb2
from tests.support import asking
from tests.support.free_texts import NAME, recalled, unsealing
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.seal_servers import SealServers, at_rest, seal_servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("tried-apart")) as running:
        yield running


class TwoTrials:
    """An adult whose record names a minor by name alone; the minor's own record may name the adult's judgment."""

    def __init__(self, servers: SealServers) -> None:
        self.servers, self.adult = servers, Someone(name="张无忌")
        self.number, self.minor = case_number(), Someone(name=NAME, born=MINOR)
        made = record(self.adult, "police", number=self.number)
        made.extensions[CO_OFFENDERS] = NAME
        self.edit(made)
        self.receipt = servers.enter("police", made)

    def edit(self, made: record_pb2.Record) -> None:
        """Change the adult's record before it is entered."""

    def other_trial(self, agency: str, says: str, number: str = "") -> record_pb2.Record:
        """Return the minor's record of another judgment, which the rule seals."""
        made = record(self.minor, agency, number=number or case_number())
        made.extensions[CO_OFFENDERS] = says
        return made

    def tells(self) -> bool:
        given = self.servers.of("court").ask(asking.case(self.adult.subject()))
        assert len(given.answer.convictions) == 1
        return NAME.encode() in given.envelope.payload

    def shows(self) -> bool:
        shown = self.servers.of("police").register.show("police-1", self.receipt.record_id)
        return NAME.encode() in shown.SerializeToString()


@pytest.mark.parametrize("sealer", ["police", "justice"])
def test_r41_a_sealed_record_that_names_another_trial_closes_the_texts_there(
    servers: SealServers, sealer: str
) -> None:
    played, court = TwoTrials(servers), servers.of("court")
    told = court.ask(asking.case(played.adult.subject()))
    assert played.tells()
    servers.slowed.to_nodes |= {"police-1"}
    try:
        made = played.other_trial(sealer, f"{played.adult.name}，见{played.number}")
        sealed = servers.enter(sealer, made)
        assert not played.tells(), "the seal is delivered before the question is answered"
    finally:
        servers.slowed.end()
    at_rest(servers)
    assert not played.shows()
    recalled(servers, told)
    allowed = court.ask(asking.sealed_case(played.adult.subject()))
    assert NAME.encode() in allowed.envelope.payload
    servers.of(sealer).seals.unseal(f"{sealer}-1", unsealing(sealed.record_id))
    at_rest(servers)
    assert played.tells()
    assert played.shows()


@pytest.mark.parametrize("sealer", ["police", "justice"])
def test_r41_an_amendment_that_makes_a_sealed_record_name_the_other_trial_closes_it_too(
    servers: SealServers, sealer: str
) -> None:
    played = TwoTrials(servers)
    made = played.other_trial(sealer, played.adult.name)
    sealed = servers.enter(sealer, made)
    at_rest(servers)
    assert played.tells(), "nothing links the two trials"
    made.extensions[CO_OFFENDERS] = f"{played.adult.name}，见{played.number}"
    amendment = registry_pb2.Amendment(
        record_id=sealed.record_id, expected_version=1, record=made, reason="补充同案人"
    )
    servers.of(sealer).register.amend(f"{sealer}-1", amendment)
    at_rest(servers)
    assert not played.tells()
    assert not played.shows()


class LinkNotShown(TwoTrials):
    """The adult's list of co-offenders names the other trial; a lawyer is shown the paper's title, not the list."""

    def edit(self, made: record_pb2.Record) -> None:
        self.other = case_number()
        made.extensions[CO_OFFENDERS] = f"{NAME}，见{self.other}"
        made.instrument.reference = f"{self.adult.name}、{NAME}盗窃案"


@pytest.mark.parametrize("sealer", ["police", "procuratorate"])
def test_r41_a_text_that_is_not_shown_links_the_trials_all_the_same(
    servers: SealServers, sealer: str
) -> None:
    played, lawyers = LinkNotShown(servers), servers.of("justice")
    told = lawyers.ask(asking.defence(played.adult.subject()))
    assert CO_OFFENDERS.encode() not in told.envelope.payload
    assert NAME.encode() in told.envelope.payload
    servers.slowed.to_nodes |= {"police-1"}
    try:
        servers.enter(sealer, played.other_trial(sealer, "", played.other))
        again = lawyers.ask(asking.defence(played.adult.subject()))
    finally:
        servers.slowed.end()
    assert len(again.answer.convictions) == 1
    assert NAME.encode() not in again.envelope.payload
    at_rest(servers)
    recalled(servers, told, "justice")

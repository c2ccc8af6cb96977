"""The table of inside doors: what an agency's own staff can look at, and how each is shown not to tell of a seal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """Tests on real servers that show that the door does not tell of a sealed record."""

    tests: tuple[str, ...]


@dataclass(frozen=True)
class Exempt:
    """Why the door is exempt: the words of docs/threats.md, Inside doors."""

    reason: str


def shown(*tests: str) -> Shown:
    return Shown(tests)


PAIR = shown("test_r41_what_callers_get_is_the_same_whatever_is_sealed")
BY_ID = shown(
    "test_r41_the_holders_officers_are_told_alike_of_sealed_and_of_unknown",
    "test_r45_show_history_and_past_versions_stand_under_todays_seal",
)
SCANS = shown(
    "test_r62_keeping_a_scan_tells_nothing_of_a_sealed_record",
    "test_r62_a_scan_is_sealed_and_opened_with_its_record",
)
AGAIN = shown("test_r41_entering_again_does_not_tell_whether_the_record_is_sealed")
CHANGES = Exempt(
    "A registrar who has the id or the judgment may correct a record whatever its status. Receipt and refusal show a "
    "version number, which acts on a seal raise too; each act is an entry with the officer's name."
)
SEALED = Exempt(
    "The door of sealed access itself: for officers who register; each use is an entry with the officer, and with a "
    "reason where a record is shown."
)
HANDLERS = Exempt("Working records are their case-handlers' alone, and are no criminal records (R46).")
OWN_LOG = Exempt(
    "A log that left seals out would account for nothing. It names records by id, and not whose they are; the id of a "
    "sealed record leads to nothing at the other doors. Officers' reasons are in it in their own words."
)
WAITING = Exempt(
    "An officer who has a notice applied without naming a record learns that the person has exactly one fitting "
    "record, open or not; otherwise nobody could register the release of a sealed person."
)
CAUSED = Exempt(
    "A recall is caused by the own record. It names record and answer and no reason; a correction causes one as a seal "
    "does."
)
OPERATORS = Exempt(
    "Operators hold the home and its keys: who can read `keys/` can read everything. Counts of rows, and of records by "
    "status, show how many are sealed, and no person."
)
NO_REGISTER = Exempt(
    "Shows nothing of a register: the own officers, keys, charter, rules, or how far the log goes."
)
TOOLS = Exempt("For a federation of synthetic persons, to try and to test.")
SENT = Exempt(
    "Holds what its own writer sent, or was given for the purpose asked. When the record is sealed later, the answer "
    "is recalled."
)

#: Rpc of a node that clients may call -> how it is shown, or why not.
RPCS: Mapping[str, Shown | Exempt] = {
    "RegistryService/Enter": AGAIN,
    "RegistryService/EnterMany": AGAIN,
    "RegistryService/Amend": CHANGES,
    "RegistryService/Withdraw": CHANGES,
    "RegistryService/Show": BY_ID,
    "RegistryService/History": BY_ID,
    "NoticeService/GetDocument": shown(
        "test_r39_a_document_of_a_sealed_record_needs_sealed_access",
        "test_r41_a_document_of_a_judgment_with_a_sealed_accomplice_is_for_sealed_access",
    ),
    "DocumentService/Attach": SCANS,
    "DocumentService/ListAttached": SCANS,
    "IntakeService/ListWaiting": shown(
        "test_r41_the_holders_officers_are_told_alike_of_sealed_and_of_unknown",
        "test_r41_a_candidate_of_a_waiting_notice_is_shown_without_the_texts",
    ),
    "IntakeService/Decide": WAITING,
    "IntakeService/Report": PAIR,
    "ExpectationService/ListExpected": shown(
        "test_r41_what_callers_get_is_the_same_whatever_is_sealed",
        "test_r25_sealed_persons_are_in_a_list_of_their_own_under_an_undertaking",
    ),
    "SealingService/Seal": SEALED,
    "SealingService/Unseal": SEALED,
    "SealingService/Show": SEALED,
    "SealingService/Object": SEALED,
    "SealingService/Certify": SEALED,
    "SealingService/Examine": SEALED,
    "SealingService/Decide": SEALED,
    "SealingService/Reseal": OPERATORS,
    "SealingService/Oversee": OPERATORS,
    "SealingService/Serve": SEALED,
    "WorkingService/Add": HANDLERS,
    "WorkingService/Show": HANDLERS,
    "WorkingService/Find": HANDLERS,
    "WorkingService/Assign": HANDLERS,
    "ApplicationService/Submit": PAIR,
    "ApplicationService/Accept": PAIR,
    "ApplicationService/Review": PAIR,
    "ApplicationService/Handle": PAIR,
    "ApplicationService/Object": PAIR,
    "ApplicationService/Show": PAIR,
    "ApplicationService/List": PAIR,
    "ApplicationService/VerifyDocument": PAIR,
    "IdentityService/Split": CHANGES,
    "IdentityService/Merge": shown("test_r45_a_merge_leaves_sealed_records_sealed_and_tells_nothing_of_them"),
    "IdentityService/UndoMerge": shown(
        "test_r45_a_merge_of_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone"
    ),
    "IdentityService/ListMerges": shown(
        "test_r45_a_merge_of_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone"
    ),
    "IdentityService/ListCandidates": shown(
        "test_r34_a_sealed_record_with_a_name_alone_stops_nobody",
        "test_r41_candidates_and_decisions_on_them_are_shown_without_texts_that_may_name_a_sealed_accomplice",
    ),
    "IdentityService/Distinguish": shown(
        "test_r34_a_certain_or_sealed_or_changed_record_is_not_distinguished"
    ),
    "IdentityService/UndoDistinction": shown(
        "test_r41_a_decision_on_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone"
    ),
    "IdentityService/ListDistinctions": shown(
        "test_r41_a_decision_on_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone",
        "test_r41_candidates_and_decisions_on_them_are_shown_without_texts_that_may_name_a_sealed_accomplice",
    ),
    "RecallService/Told": BY_ID,
    "HeadService/GetStanding": NO_REGISTER,
    "HeadService/AcceptLog": NO_REGISTER,
    "OfficerService/Register": NO_REGISTER,
    "OfficerService/Remove": NO_REGISTER,
    "OfficerService/List": NO_REGISTER,
    "OfficerService/Certify": NO_REGISTER,
    "CharterService/GetCharter": PAIR,
    "EvidenceService/GetCheckpoint": PAIR,
    "EvidenceService/ListEntries": OWN_LOG,
    "EvidenceService/ProveInclusion": OWN_LOG,
    "EvidenceService/ProveConsistency": OWN_LOG,
}

#: Command -> the rpcs that it prints the replies of, tests that show it, or why it is exempt.
COMMANDS: Mapping[str, tuple[str, ...] | Shown | Exempt] = {
    "node show": ("RegistryService/Show",),
    "node history": ("RegistryService/History",),
    "node follow": shown("test_r41_an_import_says_alike_what_is_there_already"),
    "node import": shown("test_r41_an_import_says_alike_what_is_there_already"),
    "node expected": ("ExpectationService/ListExpected",),
    "node withheld": ("SealingService/Show",),
    "node reseal": ("SealingService/Reseal", "SealingService/Oversee"),
    "node sealing examine": ("SealingService/Examine",),
    "node sealing decide": ("SealingService/Decide",),
    "node sealing seal": ("SealingService/Seal",),
    "node sealing unseal": ("SealingService/Unseal",),
    "node sealing release": ("SealingService/Unseal",),
    "node sealing settle": ("SealingService/Seal",),
    "node sealing certificate": ("SealingService/Certify",),
    "node sealing notice": ("SealingService/Serve",),
    "node sealing object": ("SealingService/Object",),
    "node working add": ("WorkingService/Add",),
    "node working assign": ("WorkingService/Assign",),
    "node working find": ("WorkingService/Find",),
    "node working show": ("WorkingService/Show",),
    "node log accept": ("HeadService/GetStanding", "HeadService/AcceptLog"),
    "node log status": ("HeadService/GetStanding",),
    "node officers list": ("OfficerService/List",),
    "node officers register": ("OfficerService/Register",),
    "node officers remove": ("OfficerService/Remove",),
    "node officers certify": ("OfficerService/Certify",),
    "identity add-former": ("RegistryService/Show", "RegistryService/Amend"),
    "identity candidates": ("IdentityService/ListCandidates",),
    "identity distinctions": ("IdentityService/ListDistinctions",),
    "identity not-this-person": ("IdentityService/Distinguish", "IdentityService/ListCandidates"),
    "identity undo-distinction": ("IdentityService/UndoDistinction", "IdentityService/ListDistinctions"),
    "identity merge": ("IdentityService/Merge", "RegistryService/Show"),
    "identity merges": ("IdentityService/ListMerges",),
    "identity split": ("IdentityService/Split", "RegistryService/Show"),
    "identity undo": ("IdentityService/UndoMerge", "IdentityService/ListMerges"),
    "correct amend": ("RegistryService/Amend", "RegistryService/Show"),
    "correct withdraw": ("RegistryService/Withdraw", "RegistryService/Show"),
    "correct list": ("IntakeService/ListWaiting",),
    "correct show": ("IntakeService/ListWaiting",),
    "correct reply": ("IntakeService/Decide",),
    "correct request": PAIR,
    "correct supervise": PAIR,
    "notify waiting": ("IntakeService/ListWaiting",),
    "notify decide": ("IntakeService/Decide",),
    "notify again": PAIR,
    "notify parked": PAIR,
    "notify correction": PAIR,
    "notify death": PAIR,
    "notify information": PAIR,
    "notify judgment": PAIR,
    "notify pardon": PAIR,
    "notify reconcile": PAIR,
    "notify release": PAIR,
    "notify retrial": PAIR,
    "notify sealing": PAIR,
    "notify track": PAIR,
    "document attach": ("DocumentService/Attach",),
    "document get": ("NoticeService/GetDocument",),
    "document list": ("DocumentService/ListAttached",),
    "document path": PAIR,
    "document put": PAIR,
    "recalls told": ("RecallService/Told",),
    "recalls list": PAIR,
    "recalls acknowledge": PAIR,
    "recalls overdue": CAUSED,
    "report intake": ("IntakeService/Report",),
    "report runs": ("SealingService/Oversee",),
    "report metrics": shown("test_r45_the_metrics_are_the_same_whatever_is_sealed"),
    "apply accept": ("ApplicationService/Accept",),
    "apply bars": ("ApplicationService/Show",),
    "apply check": ("ApplicationService/VerifyDocument",),
    "apply handle": ("ApplicationService/Handle",),
    "apply list": ("ApplicationService/List",),
    "apply object": ("ApplicationService/Object",),
    "apply review": ("ApplicationService/Review",),
    "apply show": ("ApplicationService/Show",),
    "apply submit": ("ApplicationService/Submit",),
    "ask": PAIR,
    "verify": SENT,
    "audit export": ("EvidenceService/ListEntries",),
    "audit open": ("EvidenceService/ListEntries",),
    "audit verify": ("EvidenceService/ListEntries",),
    "node backup": OPERATORS,
    "node check": OPERATORS,
    "node init": OPERATORS,
    "node keys next": NO_REGISTER,
    "node keys status": NO_REGISTER,
    "node restore": OPERATORS,
    "node run": OPERATORS,
    "gateway backup": OPERATORS,
    "gateway check": OPERATORS,
    "gateway init": OPERATORS,
    "gateway keys next": NO_REGISTER,
    "gateway keys status": NO_REGISTER,
    "gateway restore": OPERATORS,
    "gateway run": OPERATORS,
    "health": NO_REGISTER,
    "up": TOOLS,
    "down": TOOLS,
    "status": NO_REGISTER,
    "demo": TOOLS,
    "conformance": TOOLS,
    # Groups whose commands open no register, whatever is added to them.
    "certs *": NO_REGISTER,
    "charter *": NO_REGISTER,
    "window *": NO_REGISTER,
    "explain *": NO_REGISTER,
}

#: File, as docs/reference.md calls it -> the same.
FILES: Mapping[str, Shown | Exempt] = {
    "store.db, -wal, -shm": shown("test_nothing_personal_is_on_the_disk_in_clear"),
    "documents/": OPERATORS,
    "keys/journal.key": OPERATORS,
    "keys/wrap.key, keys/sealing.key": OPERATORS,
    "keys/lookup.key": OPERATORS,
    "keys/working.key": OPERATORS,
    "keys/commitment.key": OPERATORS,
    "keys/held.key, keys/relay.key": OPERATORS,
    "keys/store-made": NO_REGISTER,
    "keys/register-counted": NO_REGISTER,
    "signing.key, signing.next.key, signing.next.seen": NO_REGISTER,
    "tls.key, tls.next.key, tls.pem": NO_REGISTER,
    "request.json, next.request.json": NO_REGISTER,
    "head.json": OWN_LOG,
    "charter/": NO_REGISTER,
    "restore.new/, restore.plan": OPERATORS,
    "store.run, lock": NO_REGISTER,
    "recount.now": NO_REGISTER,
    "run.json": NO_REGISTER,
    "server.log": OPERATORS,
    "settings.toml": NO_REGISTER,
    "federation.json": NO_REGISTER,
    "statutory bases": NO_REGISTER,
    "records to import": SENT,
    "FILE.NODE.quarantine.jsonl": SENT,
    "an answer": SENT,
    "an exported log": OWN_LOG,
}

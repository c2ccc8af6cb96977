"""The part of applications at the windows: steps, papers, documents, looking, and the mandates of questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter, Node
from federation.law.disclosure import Disclosure
from federation.law.workdays import load_deadlines
from federation.transport.serving import Service
from federation.v1 import application_pb2_grpc
from federation.values.clock import legal_day
from node.announcing.announcing import Announcements
from node.announcing.part import AnnouncingPart
from node.applications.admission import Window
from node.applications.documents import Press
from node.applications.file_store import FileStore
from node.applications.files import Files
from node.applications.looking import ApplicationLists
from node.applications.mandates import Mandates
from node.applications.office import Office
from node.applications.papers import load_needs
from node.applications.servicer import ApplicationServicer
from node.applications.stepping import ApplicationSteps
from node.host import NodeHost
from server.journal.journal import Journal
from server.journal.work import View
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationsPart(Part):
    """Applications, for questions under a mandate and for splits that an objection led to."""

    files: Files
    mandates: Mandates


def part(host: NodeHost, announcing: AnnouncingPart) -> ApplicationsPart:
    """Return the part; at the start it deletes documents that have expired."""
    files = FileStore(wrap_key=host.keys.wrap, lookup_key=host.keys.lookup, node=host.node.name)
    office = office_of(
        journal=host.journal,
        files=files,
        disclosure=host.disclosure,
        signer=host.signer,
        node=host.node_in,
        charter=host.charter,
        now=host.now,
        allow_synthetic=host.settings.unsafe_allow_synthetic,
        insist_head=host.roll.insist_named,
        announcements=announcing.announcements,
    )
    mandates = Mandates(
        journal=host.journal,
        files=files,
        node=host.node,
        deadlines=load_deadlines(),
        now=host.now,
    )

    def forget() -> None:
        today = legal_day(host.now()).isoformat()
        host.journal.run(lambda work: files.documents.forget(work, today))

    looking = ApplicationLists(journal=host.journal, files=files, now=host.now)
    servicer = ApplicationServicer(opening=host.opening, office=office, looking=looking)
    return ApplicationsPart(
        services=[Service.of(application_pb2_grpc.add_ApplicationServiceServicer_to_server, servicer)],
        running=[at_start(forget)],
        files=files,
        mandates=mandates,
    )


def office_of(
    *,
    journal: Journal,
    files: Files,
    disclosure: Disclosure,
    signer: Signer,
    node: Callable[[Charter], Node],
    charter: Callable[[], Charter],
    now: Callable[[], datetime],
    allow_synthetic: bool,
    announcements: Announcements,
    insist_head: Callable[[View, str], None] = lambda _view, _name: None,
) -> Office:
    """Return the office at which one applies. `node` is this one in a charter; `charter` is the one in force.

    `insist_head` raises for a head who is named as approving a step and is no officer on the node's roll.
    """
    deadlines, needs, current = load_deadlines(), load_needs(), charter()
    return Office(
        stepping=ApplicationSteps(
            journal=journal, files=files, deadlines=deadlines, now=now, insist_head=insist_head
        ),
        press=Press(
            federation=current.federation,
            issuer=current.members[node(current).agency].title,
            signer=signer,
            deadlines=deadlines,
            catalogue=lambda: disclosure.catalogue,
        ),
        window=lambda under: Window(
            divisions=node(under).divisions,
            members=frozenset(member.title for member in under.members.values()),
            disclosure=disclosure,
            needs=needs,
            yearly_without_proof=deadlines.yearly_without_proof,
            residence=deadlines.residence,
            allow_synthetic=allow_synthetic,
            opened_to=under.opened_to,
            violation_certificates=under.readings.violation_certificates,
        ),
        charter=charter,
        announcements=announcements,
    )

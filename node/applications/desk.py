"""Applications at the windows of one node, put together: steps, papers, documents, looking."""

from __future__ import annotations

from collections.abc import Callable

from federation.charter.model import Charter, Node
from federation.law.disclosure import Disclosure
from federation.law.workdays import load_deadlines
from federation.transport.serving import Service
from federation.v1 import application_pb2_grpc
from federation.values.clock import legal_day
from node.applications.admission import Window
from node.applications.documents import Press
from node.applications.files import Files
from node.applications.looking import Looking
from node.applications.office import Office
from node.applications.papers import load_needs
from node.applications.servicer import ApplicationServicer
from node.applications.stepping import Stepping
from server.hosting import Host
from server.opening import Opening


def application_service(
    host: Host, node: Callable[[Charter], Node], files: Files, opening: Opening, disclosure: Disclosure
) -> Service:
    """Return the service of applications; what is past keeping is forgotten first. `node` is this one in a charter."""
    charter, deadlines = host.charter(), load_deadlines()
    needs = load_needs()
    today = legal_day(host.now()).isoformat()
    host.journal.run(lambda work: files.forget(work.connection, today))
    office = Office(
        stepping=Stepping(journal=host.journal, files=files, deadlines=deadlines, now=host.now),
        press=Press(
            federation=charter.federation,
            issuer=charter.members[node(charter).agency].title,
            signer=host.signer,
            deadlines=deadlines,
            catalogue=lambda: disclosure.catalogue,
        ),
        window=lambda charter: Window(
            divisions=node(charter).divisions,
            members=frozenset(member.title for member in charter.members.values()),
            disclosure=disclosure,
            needs=needs,
            yearly_without_proof=deadlines.yearly_without_proof,
            allow_synthetic=host.settings.unsafe_allow_synthetic,
            opened_to=charter.opened_to,
        ),
        charter=host.charter,
    )
    looking = Looking(journal=host.journal, files=files, now=host.now)
    servicer = ApplicationServicer(opening=opening, office=office, looking=looking)
    return Service(
        "federation.v1.ApplicationService",
        lambda server: application_pb2_grpc.add_ApplicationServiceServicer_to_server(servicer, server),
    )

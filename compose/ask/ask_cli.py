"""`hutong ask`: ask the gateway one lawful question; print the answer as tables or as JSON."""

from __future__ import annotations

import click

from compose.ask.asked import asked_table
from compose.shared.at import At, at
from compose.shared.exit_codes import ExitCode
from compose.shared.language import lang_option
from compose.shared.options import DAY
from compose.shared.presenting import present
from compose.shared.printing import Console
from compose.shared.showing import answer_tables, verdict_line
from compose.shared.written import document_option, identity_documents
from federation.client.asking import CheckedAnswer
from federation.errors import InvalidRequest
from federation.evidence.answer_file import render
from federation.law.functions import FUNCTIONS
from federation.record.classes import CRIMINAL, related_classes
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import parse_granularity, parse_purpose, parse_record_class

PURPOSES = ("case", "public", "defence", "sealed_case", "sealed_provision", "own")
#: The class of the person a window asks for, when only a name is given.
_USUAL = {"defence": "lawyer", "public": "unit", "sealed_provision": "unit", "own": "person"}
#: The classes of record that can be asked for (R64).
CLASSES = (str(CRIMINAL), *related_classes())
_CLASSES = ("lawyer", "unit", "person", "state_organ")
UNDERTAKING = "本人承诺对被封存的记录的情况予以保密，并仅按所述目的使用。"


@click.command()
@at(member="Member that asks, e.g. police.")
@click.option("--purpose", type=click.Choice(PURPOSES), required=True, help="What the answer is for.")
@click.option("--id-number", help="Citizen identity number of the person asked about.")
@document_option
@click.option("--name", default="", help="Name of the person asked about; own needs it with the number.")
@click.option("--birth-date", type=DAY, default="", help="Birth date, YYYY-MM-DD.")
@click.option("--sex", type=click.Choice(["male", "female"]), help="Refused where the number says otherwise.")
@click.option("--case-number", default="", help="Docket reference of the case at hand.")
@click.option(
    "--subject-of-case/--not-subject-of-case", default=True, help="The person is suspect or defendant in it."
)
@click.option("--basis", default="", help="Row of the statutory-basis catalogue, e.g. COMP-24.")
@click.option(
    "--class",
    "record_class",
    type=click.Choice(CLASSES),
    default="criminal",
    help="With sealed_case: the class of record asked for; another than criminal is kept apart from it (R64).",
)
@click.option("--on-behalf-of", help='Whom the window asks for: "lawyer:NAME", "unit:NAME", "person:NAME".')
@click.option(
    "--undertaking",
    is_flag=False,
    flag_value=UNDERTAKING,
    default="",
    help="Promise confidentiality of sealed circumstances; with a text, in these words.",
)
@click.option("--reason", default="", help="With --undertaking: why sealed records are needed.")
@click.option("--scope", default="", help="With --undertaking: what they will be used for, nothing else.")
@click.option(
    "--function",
    type=click.Choice(FUNCTIONS),
    help='In which function justice administration asks: sealed_case needs "execution" (A9).',
)
@click.option(
    "--granularity", type=click.Choice(["yes_no", "listed", "extract", "full"]), help="No more than this."
)
@lang_option
def ask(
    at: At,
    purpose: str,
    id_number: str | None,
    documents: tuple[str, ...],
    name: str,
    birth_date: str,
    sex: str | None,
    case_number: str,
    subject_of_case: bool,
    basis: str,
    record_class: str,
    on_behalf_of: str | None,
    undertaking: str,
    reason: str,
    scope: str,
    function: str | None,
    granularity: str | None,
) -> None:
    """Ask about one person for a lawful purpose; the answer is verified before it is shown.

    A broken answer is refused. Under the answer stands whether it is proven by the agencies' own signatures, or
    rests on the gateway's. With --json question and answer are printed as signed: save them, and `hutong verify`
    checks them offline. Ends with 4 when the answer is incomplete (PARTIAL) or void.
    """
    query = query_pb2.Query(
        purpose=parse_purpose(purpose),
        subject=query_pb2.Subject(name=name, birth_date=birth_date),
        case_number=case_number,
        subject_of_case=subject_of_case and purpose == "defence",
        basis=basis,
        organ_function=function or "",
    )
    if record_class != CRIMINAL:
        query.record_class = parse_record_class(record_class)
    query.subject.identifiers.extend(identity_documents(id_number, documents))
    if sex:
        query.subject.sex = record_pb2.SEX_MALE if sex == "male" else record_pb2.SEX_FEMALE
    if on_behalf_of:
        organ_class, beneficiary = beneficiary_of(on_behalf_of, purpose)
        query.on_behalf_of.organ_class = organ_class
        query.on_behalf_of.name = beneficiary
    if undertaking:
        query.undertaking.signed_by = at.officer
        query.undertaking.text = undertaking
        query.undertaking.reason, query.undertaking.scope = reason, scope
    if granularity:
        query.granularity = parse_granularity(granularity)
    with at.client() as client:
        answered = client.ask(query)

    def show(it: CheckedAnswer) -> None:
        console = Console()
        console.print(asked_table(query, it.answer, officer=at.officer, member=at.member))
        answer_tables(it.answer, console)
        console.print(verdict_line(it.verified), highlight=False)

    present(
        answered,
        as_json=at.as_json,
        document=lambda it: render(it.envelope, it.question),
        table=show,
        indent=2,
    )
    if answered.answer.completeness != query_pb2.COMPLETENESS_COMPLETE:
        raise SystemExit(ExitCode.INCOMPLETE)


def beneficiary_of(text: str, purpose: str) -> tuple[str, str]:
    """Return (class, name) of "lawyer:王律师", or of "王律师" with the class usual for the purpose."""
    organ_class, colon, name = text.partition(":")
    if colon and organ_class in _CLASSES:
        return organ_class, name.strip() or organ_class
    if text in _CLASSES:
        return text, text
    if purpose not in _USUAL:
        raise InvalidRequest.of(
            "on_behalf_of", "R34", f"say for whom as CLASS:NAME, CLASS one of {', '.join(_CLASSES)}"
        )
    return _USUAL[purpose], text

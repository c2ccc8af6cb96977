"""The `hutong` command: finds each subcommand's module only when it is called, so that it starts at once."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from certs.printing import NO_ROOM, drop_what_has_no_room, echo, echo_json, prepare
from compose.shared.lazy import LazyGroup
from federation.errors import HutongError, InvalidRequest, NotPermitted
from federation.values.characters import visible

#: Permissions that no file of this program gets, whatever the umask of the shell or the service that starts it.
PRIVATE = 0o077

#: Subcommand -> (module, object, one line of help).
COMMANDS = {
    "up": ("compose.local.federation_cli", "up", "Start a local federation: four nodes and a gateway."),
    "down": ("compose.local.federation_cli", "down", "Stop it, or some of its servers."),
    "status": ("compose.local.federation_cli", "status", "Show what runs."),
    "ask": ("compose.ask.ask_cli", "ask", "Ask about a person for a lawful purpose."),
    "apply": ("compose.apply.apply_cli", "apply", "Applications at a window: from submission to document."),
    "identity": (
        "compose.node.identity_cli",
        "identity",
        "Split off a stolen identity; merge registrations; rule candidates out.",
    ),
    "verify": ("compose.evidence.verify_cli", "verify_command", "Check a saved answer or document offline."),
    "explain": ("compose.explain.explain", "explain", "Ask the rules themselves, JSON lines in and out."),
    "demo": ("compose.demo.demo_cli", "demo", "Watch a federation being fed and asked."),
    "notify": (
        "compose.notices.notify_cli",
        "notify",
        "Send notices: judgments, releases, corrections; track them.",
    ),
    "document": ("compose.notices.document_cli", "document", "Documents of notices: hand in, fetch, follow."),
    "correct": (
        "compose.correct.correct_cli",
        "correct",
        "Ask for a record to be corrected, reply, correct.",
    ),
    "recalls": (
        "compose.correct.recalls_cli",
        "recalls",
        "Answers that hold no more: see, acknowledge, follow up.",
    ),
    "report": ("compose.report.report_cli", "report", "Figures: what came in, how late, what waits."),
    "health": ("compose.serve.health_cli", "health", "Say whether a server on this machine is ready."),
    "node": ("compose.node.node_cli", "node", "Set up, run and feed one node."),
    "gateway": ("compose.serve.gateway_cli", "gateway", "Set up and run a gateway."),
    "window": ("compose.serve.window_cli", "window", "Set up a window, from which officers act."),
    "certs": ("certs.cli", "certs", "Authorities, certificates, signing keys, revocation."),
    "charter": ("certs.charter_cli", "charter", "Found, show, verify, refresh and change the charter."),
    "conformance": (
        "compose.conformance.conformance_cli",
        "conformance",
        "Check a node or gateway of any make, from outside.",
    ),
    "audit": ("compose.evidence.audit_cli", "audit", "Export a log and check an export offline."),
}


class Program(LazyGroup):
    """The whole program: its subcommands, and how it ends when something goes wrong."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; no text that it writes can make it fail, and nobody else can read its files."""
        prepare()
        os.umask(PRIVATE)  # what others may read is published with a mode of its own
        try:
            return super().main(*args, **extra)
        except OSError as error:  # also of --help and --version, which are no command
            if error.errno not in NO_ROOM:
                raise
            drop_what_has_no_room()
            what = f"cannot write what the command says or saves: {os.strerror(error.errno)}"
            echo(
                f"{what}: make room, and look what it has already done before you repeat it",
                err=True,
                style="red",
            )
            raise SystemExit(1) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, _, help_text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print an error as a sentence that says what to do, without a traceback."""
        try:
            return super().invoke(ctx)
        except HutongError as error:
            tell(error, as_json="--json" in sys.argv)
            ctx.exit(1)
        except UnicodeEncodeError:  # output is escaped, so only an argument can be invalid text
            says = (
                "an argument is no text in the encoding of this terminal: set LANG=C.UTF-8, or type it again"
            )
            tell(InvalidRequest.of("arguments", "TEXT", says), as_json="--json" in sys.argv)
            ctx.exit(1)
        except OSError as error:
            if error.filename is None or error.errno in NO_ROOM:
                raise
            says = f"cannot use {error.filename}: {error.strerror}; name another one, or change what is there"
            tell(InvalidRequest.of("file or folder", "FILE", visible(says)), as_json="--json" in sys.argv)
            ctx.exit(1)
        except click.ClickException as error:
            shown = "\n".join(map(visible, error.message.split("\n")))
            vars(error)["message"] = (
                shown  # final in its class, but the context in the error is worth keeping
            )
            raise


def tell(error: HutongError, *, as_json: bool) -> None:
    """Write an error for a person to standard error, or as JSON to standard output for a program."""
    if as_json:
        echo_json({"error": error_json(error)})
        return
    from compose.shared.language import say
    from compose.shared.refusals import (  # loaded where something goes wrong
        fault_in_words,
        policy_in_words,
        reason_in_words,
    )

    echo(f"{type(error).__name__} [{error.reason}]", err=True, style="red")
    if in_words := reason_in_words(error.reason):
        echo(f"  {in_words}", err=True)
    if isinstance(error, InvalidRequest):
        for violation in error.violations:
            echo(f"  {fault_in_words(violation)}", err=True)
    else:
        for number, part in enumerate(error.message.split("\n")):
            echo(f"  | {part}" if number else f"  {part}", err=True)
    if isinstance(error, NotPermitted):
        for policy in error.policies:
            says, remedy = policy_in_words(policy)
            echo(f"  {policy.id}: {says} ({policy.clause})", err=True)
            if remedy:
                what_to_do = say("refusal.remedy", remedy=remedy)
                echo(f"    {what_to_do}", err=True)


def error_json(error: HutongError) -> dict[str, Any]:
    """Return an error as JSON for programs."""
    document: dict[str, Any] = {
        "kind": type(error).__name__,
        "reason": error.reason,
        "message": error.message,
    }
    if isinstance(error, InvalidRequest):
        document["violations"] = [
            {"field": v.field, "rule": v.rule, "message": v.message} for v in error.violations
        ]
    if isinstance(error, NotPermitted):
        document["policies"] = [
            {"id": p.id, "clause": p.clause, "says": p.says, "remedy": p.remedy} for p in error.policies
        ]
    return document


@click.group(
    cls=Program,
    places={command: (module, name) for command, (module, name, _) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="hutong")
def main() -> None:
    """Hutong (互通): a federated criminal-record registry."""


if __name__ == "__main__":
    main()

"""``carrel``: the verbs, loaded one at a time so that help costs nothing, and the one place where errors are told."""

from __future__ import annotations

import gc
import importlib
import resource
import sys
from contextlib import suppress
from pathlib import Path

import click

from carrel import __version__
from carrel.cli.screen import put_json, put_line, say
from carrel.errors import MARGIN, CarrelError, Exit, define, fault, met_in

UNEXPECTED = define("CLI-001", "Carrel met something it does not know", Exit.FAILED)

# verb: where it lives, and its line in --help. A test compares each line with the verb's own help.
VERBS: dict[str, tuple[str, str]] = {
    "access": ("carrel.cli.access:access", "What is held of one person, as a package for that person alone."),
    "apply": ("carrel.cli.apply:apply", "Carry out an approved plan, chunk by chunk, and verify it."),
    "approve": ("carrel.cli.approve:approve", "Approve a plan, or sign a standing approval, as a second person."),
    "archive": (
        "carrel.cli.archive:archive",
        "Packages for the archives: what was handed over, and whether it is whole.",
    ),
    "audit": ("carrel.cli.audit:audit", "Measure every clause of the policy on the live systems."),
    "backup": (
        "carrel.cli.backup:backup",
        "Backups: their ages by their own tool, and what is past its time expired by plan.",
    ),
    "check": ("carrel.cli.check:check", "Is what the policy promises true tonight? One screen, read-only."),
    "consent": ("carrel.cli.consent:consent", "What somebody agreed to, in which words, and that they took it back."),
    "counts": ("carrel.cli.counts:counts", "Show loans and readers in counts, and write them as CSV."),
    "custodian": (
        "carrel.cli.custodian:custodian",
        "Data that lie with a custodian: what the library asks for, and the evidence that comes back.",
    ),
    "deidentify": (
        "carrel.cli.deidentify:deidentify",
        "De-identify records and texts, so that they may leave, and tell what that costs.",
    ),
    "demo": ("carrel.cli.demo:demo", "The whole loop on an invented library, in a folder of its own."),
    "disclose": (
        "carrel.cli.disclose:disclose",
        "Who may have it: legal process, requests for records, emergencies, permission, each as one case.",
    ),
    "doctor": ("carrel.cli.doctor:doctor", "Check site, keys, connections, grants and settings one by one."),
    "exception": ("carrel.cli.exception:exception", "Recorded exceptions: keep named loans longer, with a reason."),
    "export": (
        "carrel.cli.export:export",
        "Addresses that may leave, through the gate of the policy, of consents and of silence.",
    ),
    "folder": (
        "carrel.cli.folder:folder",
        "Folders of files: how old their events are, and what is past its time deleted by plan.",
    ),
    "hold": ("carrel.cli.hold:hold", "Legal holds: keep named loans, whatever the policy says."),
    "init": ("carrel.cli.init:init", "Look at a system and write a site file and a policy to start from."),
    "key": ("carrel.cli.key:key", "Keys for the ledger and for the people who approve."),
    "ledger": ("carrel.cli.ledger:ledger", "Check, show and prove what the ledger recorded."),
    "log-service": (
        "carrel.cli.log_service:log_service",
        "Log services: how old their events are, and what is past its time deleted by plan.",
    ),
    "mailbox": (
        "carrel.cli.mailbox:mailbox",
        "Mailboxes: how old their messages are, and what is past its time deleted or de-identified by plan.",
    ),
    "mailing-list": (
        "carrel.cli.mailing_list:mailing_list",
        "Lists at mailing tools: who should not be on them and who is missing, and both mended.",
    ),
    "map": ("carrel.cli.map:map_group", "System maps: where the records are, and every path to a person."),
    "plan": ("carrel.cli.plan:plan", "Count what is due, what is kept and why, and write a plan. Changes nothing."),
    "policy": ("carrel.cli.policy:policy", "The policy document: lint, show, diff, notice, coverage, schema."),
    "release": (
        "carrel.cli.release:release",
        "Releases on record: what left the house, when, for whom, and how well it was measured.",
    ),
    "replay": (
        "carrel.cli.replay:replay",
        "After a restore: do again what was done since the backup, before the system is opened.",
    ),
    "request": (
        "carrel.cli.request:request",
        "What patrons ask for: each request as one case with a clock, to its answer.",
    ),
    "restriction": ("carrel.cli.restriction:restriction", "Restrictions of processing that are in force, by case."),
    "risk": (
        "carrel.cli.risk:risk",
        "How likely somebody is to be found again in records without names; the figure decides their class.",
    ),
    "run-due": ("carrel.cli.run_due:run_due", "The nightly run: plan, apply, verify, sweep, record."),
    "scrub": (
        "carrel.cli.scrub:scrub",
        "Take everything that leads to a person out of log lines: of proxies, web servers, catalogues, SIP2.",
    ),
    "serve": (
        "carrel.cli.serve:serve",
        "Serve the pages of this site: what is kept, and what patrons can do themselves.",
    ),
    "staff": (
        "carrel.cli.staff:staff",
        "Accounts for the staff pages: who may sign in there, and who is signed in.",
    ),
    "station": ("carrel.cli.station:station", "Public computers: what is left on them, and which are silent."),
    "stats": (
        "carrel.cli.stats:stats",
        "Figures that may leave the house: cubes without small cells, their audit, named returns, noise.",
    ),
    "stop": ("carrel.cli.stop:stop", "Halt every worker after the chunk in flight."),
    "scan": (
        "carrel.cli.scan:scan",
        "Look at one table, or at CSV files, and propose the entry of the site file by which their rows go in time.",
    ),
    "sweep": (
        "carrel.cli.sweep:sweep",
        "Look for any join that still leads from a loan to its reader, or for one person.",
    ),
    "table": (
        "carrel.cli.table:table",
        "Tables and CSV files with a clock: how old their rows are, and what is past its time cleared by plan.",
    ),
    "undo": ("carrel.cli.undo:undo", "Undo capsules: before-images of a run, that only two people can open."),
    "verify": ("carrel.cli.verify:verify", "Count again what should be gone: due, unheld and still linked."),
    "work": ("carrel.cli.work:work", "Take part in a run that another process leads, here or on another host."),
}


def _present(verb: str) -> bool:
    module = VERBS[verb][0].split(":")[0].rsplit(".", 1)[1]
    return (Path(__file__).parent / f"{module}.py").exists()


class Verbs(click.Group):
    """The verbs by name; a verb's module is imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb that is built."""
        del ctx
        return sorted(verb for verb in VERBS if _present(verb))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb itself."""
        del ctx
        if cmd_name not in VERBS or not _present(cmd_name):
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, from the table above, so that nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, VERBS[verb][1]) for verb in self.list_commands(ctx)])


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 findings, 4 refused for safety, 5 verification failed, "
    "6 approval pending.\n\nExample: carrel demo",
)
@click.version_option(__version__, prog_name="carrel")
def cli() -> None:
    """Carry out a library's privacy policy on the real systems, and prove it.

    A library writes one policy file. Carrel checks it, plans what is due, asks for approval, carries it out, reads back
    what is left, and records the night in a ledger that anyone can check.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code that the outcome has."""
    wanted = sys.argv[1:] if arguments is None else arguments
    _leave_no_core()
    gc.set_threshold(50_000, 20, 100)  # a run makes statements by the hundred, and little garbage
    try:
        code = cli.main(args=wanted, prog_name="carrel", standalone_mode=False)
    except click.exceptions.Abort:
        say("stopped", err=True)
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(int(Exit.USAGE))
    except CarrelError as wrong:
        tell(wrong, as_json="--json" in wanted)
        sys.exit(int(wrong.exit))
    except KeyboardInterrupt:
        say("stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(int(Exit.FAILED))
    except Exception as wrong:  # noqa: BLE001  (the last net: a driver's message can quote a row, so it is not shown)
        tell(_unexpected(wrong), as_json="--json" in wanted)
        sys.exit(int(Exit.FAILED))
    sys.exit(code if isinstance(code, int) else 0)


def _leave_no_core() -> None:
    """A process that dies writes nothing of its memory to a disk: patrons' values and papers of cases stand in it."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def tell(wrong: CarrelError, *, as_json: bool) -> None:
    """Print every fault of an error: to people on stderr, to programs as JSON on stdout."""
    if as_json:
        put_json({"errors": [one.as_dict() for one in wrong.faults]})
        return
    for one in wrong.faults:
        first, *rest = one.lines()
        click.echo(click.style(first, fg="red", bold=True), err=True)
        several = "\n" in one.fix  # such as lines for a file: they stand as they are to be copied
        for line in rest:
            name, told = line[:MARGIN], line[MARGIN:]
            if several and (name.startswith("  fix:") or not name.strip()):
                say(line, err=True)
            else:
                put_line(told, name, err=True)


def _unexpected(wrong: Exception) -> CarrelError:
    frame = met_in(wrong)
    place = "outside Carrel" if frame is None else f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
    return fault(
        UNEXPECTED,
        at=place,
        found=type(wrong).__name__,
        because="its text is not shown, because it could quote a patron's row",
        changed="see `carrel verify`: what was committed before this is in the journal",
        fix="report this line with the command that you gave",
    )

"""Write docs/process-steps.md: how each shipped policy leads each kind of case, drawn from the policies themselves.

python -m tests.docs.process_reference            writes the page
python -m tests.docs.process_reference --check    ends with 1 if the page is not what it would write
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Instrument, Outcome, Process, Step
from carrel.systems import policy_files
from tests.docs.generated_page import DOCS, write_or_compare

PAGE = DOCS / "process-steps.md"
HEAD = """\
# How each policy leads a case

Made from the shipped policies by `python -m tests.docs.process_reference`; a test compares the two, and another walks every one of these machines.
[Legal process](process.md) tells what the steps and states mean.

Read a drawing from the left: `▷` a step that may be taken at once, `→` one that comes after those before it, `⇒` how the case may end. In brackets: the office. Every drawing has two ways back that are not
drawn: a *defect* leads to *defective* until counsel writes that it is cured, a *challenge* to *challenged* until the court has ruled, and after either counsel reads the paper anew and the release is signed anew. Withdrawing is
always open. A sealed case passes the steps that tell somebody, and owes them when the silence is over.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join("\n".join(_of_policy(name)) for name in sorted(policy_files.shipped_names()))


def _of_policy(name: str) -> Iterator[str]:
    processes = processes_of([policy_files.load(name)])
    found = [processes.of(one) for one in Instrument]
    yield f"\n## {name}\n"
    yield "```text"
    for process in found:
        if process.steps or process.release_first:
            yield from _drawn(process)
    yield "```"
    refused = [str(one.instrument) for one in found if Outcome.RELEASED not in one.outcomes]
    yield f"\nNothing is ever released on: {', '.join(refused)}.\n"
    yield "| step | in one sentence | by | clauses |"
    yield "|---|---|---|---|"
    steps = {one.id: one for process in found for one in (*process.steps, *process.afterwards)}
    for step in steps.values():
        yield f"| {step.id} | {step.says} | {_by(step)} | {', '.join(step.clauses)} |"
    told = dict.fromkeys(line for one in found for line in one.precedence)
    if told:
        yield "\nWhere the policies differ that hold together:\n"
        yield from (f"- {line}" for line in told)
    yield ""


def _drawn(process: Process) -> Iterator[str]:
    clock = f", answered within {process.working_days} working days" if process.working_days else ""
    yield f"{process.instrument}{clock}"
    if process.release_first:
        yield "  received"
        yield "    ⇒ released at once (anyone)"
    else:
        yield "  received"
        for step in process.steps:
            yield f"    {'▷' if step.at_once else '→'} {step.id} ({_by(step)})"
        for paper in process.papers:
            yield f"    ▷ on file: {paper}"
        if process.wait:
            yield f"    → {process.wait.days} days after the person was told"
        if (rule := process.education) is not None:
            yield f"    → {rule.wait.days} days after the person was told, where education records are among them"
    if Outcome.RELEASED in process.outcomes and not process.release_first:
        yield f"    → ready → signed ({', '.join(sorted(process.signed_by))})"
        yield f"    ⇒ released by another person ({', '.join(sorted(process.handed_over_by))})"
    if Outcome.NOTHING in process.outcomes:
        yield f"    ⇒ nothing responsive ({', '.join(sorted(process.signed_by))})"
    if Outcome.REFUSED in process.outcomes:
        yield "    ⇒ refused, on a ground"
    for step in process.afterwards:
        yield f"      → {step.id} ({_by(step)}), owed after a release"
    yield ""


def _by(step: Step) -> str:
    return ", ".join(sorted(step.by))


def main(arguments: list[str]) -> int:
    """Write, or compare."""
    return write_or_compare(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

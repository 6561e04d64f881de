"""Write docs/commands.md from the commands' own help.

python -m tests.docs.command_reference            writes the page
python -m tests.docs.command_reference --check    ends with 1 if the page is not what it would write
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from carrel.cli.main import cli
from tests.docs.generated_page import DOCS, write_or_compare

PAGE = DOCS / "commands.md"
WIDTH = 100
HEAD = """\
# Commands

Made from `--help` by `python -m tests.docs.command_reference`; a test compares the two.

Results go to standard output, progress to standard error and only on a terminal. `--json` prints one JSON document with
`format_version: 1`, also for errors.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | usage: a wrong option, file, policy or site |
| 3 | findings |
| 4 | refused for safety; nothing was changed |
| 5 | verification failed |
| 6 | an approval is pending |

What an error's code means stands in the [error reference](errors.md).
"""


def commands(context: click.Context) -> Iterator[click.Context]:
    """A command and the commands below it, each as it is when it is called."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            found = context.command.get_command(context, name)
            if found is not None:
                yield from commands(click.Context(found, parent=context, info_name=name))


def verbs() -> Iterator[click.Context]:
    """Every command that is built."""
    top = click.Context(cli, info_name="carrel", terminal_width=WIDTH, **cli.context_settings)
    for below in commands(top):
        if below is not top:
            yield below


def help_of(context: click.Context) -> str:
    """What ``--help`` prints, at a fixed width."""
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for context in verbs():
        mark = "##" if context.parent is not None and context.parent.parent is None else "###"
        parts.append(f"{mark} {context.command_path}\n\n```text\n{help_of(context)}\n```\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write, or compare."""
    return write_or_compare(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

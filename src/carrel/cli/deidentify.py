"""``carrel deidentify``: records, texts and search terms, so that they may leave."""

from __future__ import annotations

import importlib

import click

# subcommand: where it lives, and its line in --help.
PARTS: dict[str, tuple[str, str]] = {
    "keys": ("carrel.cli.deidentify_keys:keys", "Keys of pseudonyms: list them, and destroy those that are due."),
    "records": (
        "carrel.cli.deidentify_records:records",
        "Make records coarser until nobody stands alone, and write them out.",
    ),
    "review": (
        "carrel.cli.deidentify_review:review",
        "Look through the places of a text that only a person can decide.",
    ),
    "sample": (
        "carrel.cli.deidentify_review:sample",
        "Read a sample of a released text, and tell how much may have stayed in it.",
    ),
    "terms": (
        "carrel.cli.deidentify_terms:terms",
        "Release search terms that enough people searched for, and that name nobody.",
    ),
    "text": (
        "carrel.cli.deidentify_text:text",
        "Write questions, chats and notes anew without what names a person.",
    ),
}


class Parts(click.Group):
    """The subcommands by name; a module is imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every subcommand."""
        del ctx
        return sorted(PARTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand itself."""
        del ctx
        if cmd_name not in PARTS:
            return None
        module, _, name = PARTS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, from the table above, so that nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, PARTS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=Parts, epilog="Example: carrel deidentify records release.yaml")
def deidentify() -> None:
    """De-identify records and texts, so that they may leave, and tell what that costs."""

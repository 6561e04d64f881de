"""What the verbs of ``carrel ledger`` share: two options, and how a checkpoint and a leaf are printed."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.cli.option_values import ANY_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.ledger.checkpoint import Checkpoint
    from carrel.ledger.leaf import OpenLeaf

COLUMNS = 100

folder_option = click.option(
    "--folder",
    "-f",
    default="ledger",
    envvar="CARREL_LEDGER",
    show_default=True,
    type=ANY_FOLDER,
    help="Folder of the ledger.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def read_leaf(entry: bytes) -> OpenLeaf | None:
    """The open leaf, or nothing when the entry is of another form."""
    from carrel.errors import CarrelError
    from carrel.ledger.leaf import decode_leaf

    try:
        return decode_leaf(entry)
    except CarrelError:
        return None


def leaf_told(leaf: OpenLeaf | None) -> dict[str, Any]:
    """A leaf for ``--json``."""
    from carrel.ledger.leaf import utc_seconds

    if leaf is None:
        return {"kind": "other"}
    return {"at": utc_seconds(leaf.at), "kind": leaf.kind, "fields": dict(leaf.fields)}


def leaf_row(index: int, leaf: OpenLeaf | None, says: str = "") -> str:
    """A leaf for people, at most 100 columns wide.

    Args:
        index: of it.
        leaf: nothing where the entry is of another form.
        says: what stands behind its commitment, where that is known.
    """
    told = leaf_told(leaf)
    fields = "  ".join(f"{name}={_value(value)}" for name, value in sorted(told.get("fields", {}).items()))
    head = f"{index:>8}  {told.get('at', ''):<20}  {told['kind']:<8}  "
    return textwrap.fill(
        f"{head}{says or fields}",
        COLUMNS,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
        break_long_words=True,
    ).rstrip()


def _value(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def checkpoint_told(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint for ``--json``."""
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def file_text(path: Path) -> str:
    """A text file; bytes that are no UTF-8 become signs that no signature covers."""
    return path.read_bytes().decode("utf-8", errors="replace")


def tell(told: dict[str, Any], said: str, as_json: bool) -> None:
    """Print the result, for a program or for a person."""
    say(json.dumps({"format_version": 1, **told}, indent=2) if as_json else said)

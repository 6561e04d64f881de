"""``carrel staff history``: who changed who may act, when, from which account, and where its leaf stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.screen import put_json, put_line, say

if TYPE_CHECKING:
    from carrel.accountability.authority import AuthorityEntry

NO_LEAF = "no leaf"


@click.command(epilog="Example: carrel staff history --salts")
@click.option("--salts", is_flag=True, help="Also what opens each leaf: its commitment and its salt.")
@site_option
@json_option
def history(*, salts: bool, site_path: Path, as_json: bool) -> int:
    """Who may act: every delegation, absence, account and right on record.

    With the account of the host from which it was done, and the leaf of the ledger that was told of it. Exit code 5
    when an entry was changed, moved, taken out or written past Carrel.
    """
    from carrel.cli.authority_told import authority_told
    from carrel.cli.store_place import open_store
    from carrel.errors import Exit

    site = open_site(site_path)
    with open_store(site) as store:
        seen = authority_told(site, store)
    entries, leaves, loose, facts = seen.entries, seen.leaves, seen.loose, seen.facts
    if as_json:
        told = [_told(one, leaves.get(one.commitment(), NO_LEAF), salts=salts) for one in entries]
        put_json({"entries": told, "unfit": facts.unfit, "lost": facts.lost, "loose": list(loose)})
    else:
        for one in entries:
            place = leaves.get(one.commitment(), NO_LEAF)
            put_line(one.words(), f"{one.at:%Y-%m-%d %H:%M} UTC  {_leaf(place):<12}", hang=31)
            if salts and one.salt is not None:
                say(f"  leaf {one.commitment()} salt {one.salt.hex()}")
        say(f"{amount(len(entries), 'entry', 'entries')} on who may act.")
        if facts.unfit:
            put_line(f"{amount(facts.unfit, 'entry has', 'entries have')} no leaf: changed, or written past Carrel.")
        if facts.lost:
            put_line(f"{amount(facts.lost, 'leaf has', 'leaves have')} no entry: changed, or taken out.")
        for name in loose:
            put_line(f"{name}: the account stands otherwise than the entries say.")
    return int(Exit.VERIFICATION_FAILED if facts.wrong else Exit.DONE)


def _leaf(place: str) -> str:
    return f"leaf {place}" if place.isdigit() else "leaf owed" if place != NO_LEAF else "NO LEAF"


def _told(one: AuthorityEntry, leaf: str, *, salts: bool) -> dict[str, Any]:
    return {
        "about": str(one.book),
        "act": one.act,
        "whom": one.whom,
        "by": one.by,
        "account": one.account,
        "at": one.at.isoformat(),
        **{name.replace(" ", "_"): value for name, value in one.terms.items() if value},
        "leaf": int(leaf) if leaf.isdigit() else leaf,
        **({"commitment": one.commitment(), "salt": one.salt.hex()} if salts and one.salt is not None else {}),
    }

"""``carrel staff``: who has an account for the staff pages, and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from carrel.cli.at_site import allowed, as_option, json_option, named, now, open_site, site_option
from carrel.cli.host_account import account
from carrel.cli.option_values import WORDS
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.staff_history import history

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.store.staff_accounts import StaffAccount
    from carrel.store.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])


def _of_one(command: Command) -> Command:
    """The person, and who does it."""
    return click.argument("person", metavar="NAME", type=WORDS)(as_option(site_option(json_option(command))))


@click.group()
def staff() -> None:
    """Accounts for the staff pages: who may sign in there, and who is signed in."""


@staff.command(epilog='Example: carrel staff invite "Dee Example" --as "Ada Example"')
@_of_one
def invite(person: str, name: str, site_path: Path, as_json: bool) -> None:
    """Print a one-time code with which NAME, a person of the site file, sets up an account.

    It lasts 24 hours and is shown this once. Hand it over yourself; whoever has it can set the account up. Needs `may:
    staff`.
    """
    _give_code("invited", person, name, site_path, as_json=as_json)


@staff.command(epilog='Example: carrel staff reset "Dee Example" --as "Ada Example"')
@_of_one
def reset(person: str, name: str, site_path: Path, as_json: bool) -> None:
    """Take away password, second factor, passkeys and sessions of NAME, and print a new one-time code.

    For who lost the telephone or forgot the password. Nobody does this for an account of one's own: it takes a second
    person, with `may: staff`, who knows that it is NAME who asks.
    """
    _give_code("reset", person, name, site_path, as_json=as_json)


@staff.command(epilog='Example: carrel staff disable "Dee Example" --as "Ada Example"')
@_of_one
def disable(person: str, name: str, site_path: Path, as_json: bool) -> None:
    """Keep NAME out from now on, and end every session. Needs `may: staff`."""
    _switch("disabled", person, name, site_path, as_json=as_json)


@staff.command(epilog='Example: carrel staff enable "Dee Example" --as "Ada Example"')
@_of_one
def enable(person: str, name: str, site_path: Path, as_json: bool) -> None:
    """Let NAME in again, with the password and the second factor of before. Needs `may: staff`."""
    _switch("enabled", person, name, site_path, as_json=as_json)


@staff.command(name="list", epilog="Example: carrel staff list")
@site_option
@json_option
def list_accounts(site_path: Path, as_json: bool) -> None:
    """Who has an account, what each may do, and how it stands."""
    from carrel.cli.store_place import open_store

    site, at = open_site(site_path), now()
    with open_store(site) as store:
        accounts = {one.name: one for one in store.staff_accounts.all()}
        passkeys = {one: len(store.staff_passkeys.of(one)) for one in accounts}
    names = [*(one.name for one in site.people), *(one for one in accounts if site.person(one) is None)]
    rows = []
    for one in names:
        person = site.person(one)
        state = _state(accounts.get(one), at) if person is not None else "not in the site file, so kept out"
        rows.append((one, ", ".join(person.may) if person else "", state, passkeys.get(one, 0)))
    if as_json:
        keys = ("name", "may", "state", "passkeys")
        put_json({"accounts": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    put_table(
        "Accounts for the staff pages", ("name", "may", "state", "passkeys"),
        [(one, may, state, str(count)) for one, may, state, count in rows], right=(3,),
    )  # fmt: skip


@staff.command(epilog='Example: carrel staff sessions "Dee Example"')
@click.argument("person", metavar="[NAME]", required=False, type=WORDS)
@click.option("--end", is_flag=True, help="End those of NAME; needs --as.")
@click.option("--as", "name", metavar="NAME", help="You, as the site file names you; `may: staff`. Only for --end.")
@site_option
@json_option
def sessions(person: str | None, end: bool, name: str | None, site_path: Path, as_json: bool) -> None:
    """Who is signed in now: since when, how, and when it was last used."""
    from carrel.cli.store_place import open_store
    from carrel.inventory.site import May

    site, at = open_site(site_path), now()
    if end and person is None:
        raise click.UsageError("--end needs NAME")
    by = allowed(site, name or "", May.STAFF).name if end else ""
    with open_store(site) as store:
        found = store.staff_sessions.of(person, at)
        ended = store.staff_sessions.end_all(person) if end and person is not None else 0
        if ended:
            store.staff_accounts.note(str(person), "sessions ended", by, at, account=account())
    times = [(one.name, one.way, _time(one.began), _time(one.used)) for one in found]
    if as_json:
        keys = ("name", "way", "began", "used")
        put_json({"sessions": [dict(zip(keys, row, strict=True)) for row in times], "ended": ended})
        return
    if not times:
        say("nobody is signed in" if person is None else "not signed in")
    put_table("Signed in to the staff pages", ("name", "by", "since", "last used"), times)
    if ended:
        say(f"ended: {ended}")


@staff.command(epilog='Example: carrel staff record "Dee Example"')
@click.argument("person", metavar="[NAME]", required=False, type=WORDS)
@site_option
@json_option
def record(person: str | None, site_path: Path, as_json: bool) -> None:
    """What was done to accounts in the last 180 days, and by whom: codes, resets, passwords, passkeys.

    The newest first. Who signed in when stands here for nobody: each person sees it under "My account". What changed
    who may act is kept for good, and committed to the ledger: `carrel staff history`.
    """
    from carrel.cli.store_place import open_store

    with open_store(open_site(site_path)) as store:
        found = store.staff_accounts.changes(person, now())
    rows = [(_time(one.at), one.name, one.act, one.by or "not known") for one in found]
    if as_json:
        put_json({"changes": [dict(zip(("at", "name", "act", "by"), row, strict=True)) for row in rows]})
        return
    if not rows:
        say("nothing was done to an account")
    put_table("What was done to accounts", ("when", "account", "what", "by"), rows)


def _give_code(act: str, person: str, name: str, site_path: Path, *, as_json: bool) -> None:
    site, store, by, at = _entered(person, name, site_path)
    with store:
        give = store.staff_accounts.invite if act == "invited" else store.staff_accounts.reset
        code = give(person, by, at, account=account())
        own = store.staff_accounts.get(person)
    until, is_disabled = (None, False) if own is None else (own.waits_until, own.disabled_at is not None)
    address = "" if site.portal is None else f"{site.portal.address}/staff/begin"
    if as_json:
        put_json({"name": person, "code": code, "until": None if until is None else until.isoformat(),
                  "address": address or None, "disabled": is_disabled})  # fmt: skip
        return
    say(f"{act}: {person}")
    say(f"code: {code}")
    put_line(f"To be used within 24 hours at {address}." if address else
             "To be used within 24 hours. This site has no pages yet: carrel.yaml needs 'portal:'.")  # fmt: skip
    put_line("It is shown this once. Hand it over yourself, to nobody else.")
    if is_disabled:
        put_line("The account is disabled: the code counts only after 'carrel staff enable'.")


def _switch(act: str, person: str, name: str, site_path: Path, *, as_json: bool) -> None:
    _, store, by, at = _entered(person, name, site_path, in_site=False)
    with store:
        accounts = store.staff_accounts
        (accounts.disable if act == "disabled" else accounts.enable)(person, by, at, account=account())
    if as_json:
        put_json({"name": person, "state": act})
    else:
        say(f"{act}: {person}")


def _entered(person: str, name: str, site_path: Path, *, in_site: bool = True) -> tuple[Site, Store, str, datetime]:
    """The site, its store, and who does it.

    Raises:
        CarrelError: HLD-006, APR-013; STF-001, NAME is not a person of the site file.
    """
    from carrel.cli.store_place import open_store
    from carrel.errors import fault
    from carrel.inventory import faults
    from carrel.inventory.site import May

    site = open_site(site_path)
    by = allowed(site, name, May.STAFF).name
    if named(site, person) is None and in_site:
        raise fault(
            faults.NO_ACCOUNT,
            at="NAME",
            wanted="a person of the site file",
            found="somebody else",
            because="who may do what on the pages is what the site file says of its people",
            fix="write the person under 'people:' first",
        )
    return site, open_store(site), by, now()


def _state(account: StaffAccount | None, at: datetime) -> str:
    if account is None:
        return "no account"
    if account.disabled_at is not None:
        return f"disabled since {account.disabled_at:%Y-%m-%d}"
    if account.began_at is not None:
        return f"open since {account.began_at:%Y-%m-%d}"
    waiting = account.waits_until is not None and at < account.waits_until
    return "invited, not set up yet" if waiting else "invited; the code has run out"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


staff.add_command(history)

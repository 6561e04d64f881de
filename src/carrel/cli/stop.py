"""``carrel stop``: halt every worker after the chunk in flight."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import allowed, json_option, named, not_allowed, now, open_site, site_option
from carrel.cli.host_account import account, person_of_environment
from carrel.cli.option_values import WORDS
from carrel.cli.screen import put_json, say
from carrel.cli.store_place import open_store


@click.command(epilog='Example: carrel stop --reason "the catalogue is slow"')
@click.option("--as", "name", type=WORDS, metavar="NAME", help="You.  [default: $CARREL_PERSON or the account]")
@click.option("--reason", default="", type=WORDS, help="Why, for whoever finds it stopped.")
@click.option("--clear", is_flag=True, help="Let workers start again; needs a person with `may: stop`.")
@click.option(
    "--accept-clock", is_flag=True, help="With --clear: this machine's clock is right, an earlier one was not."
)
@site_option
@json_option
def stop(name: str | None, reason: str, clear: bool, accept_clock: bool, site_path: Path, as_json: bool) -> None:
    """Halt every worker after the chunk in flight.

    Anybody at this machine may stop; nothing runs until somebody with the right to it clears the stop. A run that was
    stopped is paused, and the next apply of its plan goes on where it was.
    """
    from carrel.inventory.site import May

    if accept_clock and not clear:
        raise click.UsageError("--accept-clock goes with --clear")
    site = open_site(site_path)
    name = name or person_of_environment()
    if clear and name is None:
        raise not_allowed(May.STOP, found="nobody named; give --as")
    if name is not None:
        named(site, name)
        if clear:
            allowed(site, name, May.STOP)
    with open_store(site) as store:
        if clear:
            if accept_clock:
                store.signals.accept_clock(now())
            was = store.signals.clear()
            said = "workers may start again" if was else "nothing was stopped"
        else:
            standing = store.signals.stop(name or account(), now(), reason)
            said = f"stopped since {standing.since.isoformat(timespec='seconds')} by {standing.by}"
        stopped = store.signals.stopped()
        running = [one.name for one in site.systems if store.leases.holder(one.name, now())]
    if as_json:
        since = None if stopped is None else stopped.since.isoformat(timespec="seconds")
        put_json({"stopped": stopped is not None, "since": since, "still_in_a_chunk": running})
        return
    say(said)
    if running and not clear:
        say(f"after the chunk in flight: {', '.join(running)}")

"""``carrel request tasks``: what every request waits for, in one list, and several tasks settled at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.request_desk import day_of, text_in, told
from carrel.cli.request_follow import follow_all
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.screen import put_json, put_table, say
from carrel.cli.store_place import open_store
from carrel.inventory.site import May
from carrel.rights.event import Act, Event
from carrel.rights.switch_words import switch_of
from carrel.rights.task_choice import chosen

if TYPE_CHECKING:
    from carrel.rights.standing import Task
    from carrel.store.store import Store


_SAID = {Act.TOLD: "told", Act.REPLIED: "done"}


def tasks(
    *,
    identity: str | None,
    tell: tuple[str, ...],
    done: tuple[str, ...],
    words_file: Path | None,
    name: str | None,
    site_path: Path,
    as_json: bool,
) -> None:
    """List the open tasks of one request or of all, or settle several of one, all of them or none.

    Raises:
        CarrelError: HLD-006; RGT-011, no such request; RGT-012, a task that is not open; RGT-016, RGT-018.
    """
    site = open_site(site_path)
    if not tell and not done:
        rules = rules_of(site)
        with open_store(site) as store:
            follow_all(store, rules)
            _list(store, rules, identity, as_json=as_json)
        return
    if identity is None or name is None:
        raise click.UsageError("--tell and --done need the ID of a request, and --as NAME")
    by, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
    words = "" if words_file is None else text_in(words_file)
    with open_store(site) as store:
        follow_all(store, rules)
        here = rules.standing(store.requests.request(identity), now())
        events = [_event(Act.TOLD, one, by) for one in (chosen(here, tell) if tell else ())]
        events += [_event(Act.REPLIED, one, by) for one in (chosen(here, done) if done else ())]
        store.requests.add_all(identity, events, words)
        counts = [(len([one for one in events if one.act is act]), word) for act, word in _SAID.items()]
        first = ", ".join(f"{amount(count, 'task')} {word}" for count, word in counts if count)
        told(store, rules, identity, as_json=as_json, first=f"{identity}: {first}.")


def _event(act: Act, task: Task, by: str) -> Event:
    return Event(act, now(), by, {"task": task.id})


def _list(store: Store, rules: Rules, identity: str | None, *, as_json: bool) -> None:
    requests = store.requests.all(open_only=True) if identity is None else (store.requests.request(identity),)
    found = [(one, rules.standing(one, now())) for one in requests]
    found.sort(key=lambda one: (day_of(one[1].due) or "9999", one[0].id))
    rows = [(request.id, task, day_of(here.due)) for request, here in found for task in here.waiting]
    if as_json:
        put_json({"tasks": [_as_dict(*row) for row in rows]})
        return
    put_table(
        "Open tasks",
        ("request", "task", "to", "kind", "since", "told", "answer by"),
        [
            (name, one.id, switch_of(one.to), one.kind, f"{one.since.astimezone(rules.zone):%Y-%m-%d}",
             "told" if one.told_at else "", due or "no clock")
            for name, one, due in rows
        ],
    )  # fmt: skip
    say(f"{amount(len(rows), 'open task')}. Several at once: carrel request tasks ID --done t1-t9 --as NAME")


def _as_dict(request: str, task: Task, due: str | None) -> dict[str, Any]:
    return {
        "request": request, "id": task.id, "kind": task.kind, "to": task.to, "since": task.since.isoformat(),
        "told": task.told_at is not None, "due": due,
    }  # fmt: skip

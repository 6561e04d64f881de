"""Kills each verb of ``carrel disclose`` at its Nth step, gives the same command again, and compares with one run.

The verbs stand in walks: each is a list of commands that lead a case from its paper to its end, and before each of them
the site's folder is kept. A step is a statement or a commit in the store, or a file of the site that is written, named
or removed. Nothing of Carrel is replaced; see `tests.integration.run.crash_driver`, whose forks these are.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, select

from carrel.cli.main import main
from carrel.disclosure.case import Case
from carrel.disclosure.event import Act
from carrel.ledger.leaf import decode_leaf
from carrel.store import tables
from carrel.store.disclosure_documents import DisclosureDocuments, Filed
from carrel.store.placement import Kind
from carrel.store.store import Store
from tests.integration.run.crash_driver import Steps, in_fork
from tests.store_place import StorePlace

ONLY = "(only done)"  # among the words of a command: it is not killed
_DRAWN = {
    "document",
    "manifest",
    "leaf",
    "hold",
    "subjects",
    "plan",
}  # differ each time; how many there are is compared
_REFUSED = 4  # that it was done already
LATER = timedelta(days=2)  # by then a night has swept what a killed process left


class Stop(Steps):
    """Also a file that gets its name at the end."""

    def _audited(self, name: str, told: tuple[Any, ...]) -> None:
        if name == "os.link":
            self.step(name)
        else:
            super()._audited(name, told)


class Ground:
    """A site whose folder is put back before each kill."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.site, self.kept = Path(told["site"]), Path(told["kept"])
        self.output, self.log = self.site / "output.txt", self.site / "steps.jsonl"
        self.store, self.rounds = StorePlace(self.site, *told.get("store", ["", ""])), int(told["rounds"])

    def keep(self) -> None:
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.site, self.kept)
        self._copied(self._database, self._template)

    def back(self) -> None:
        shutil.rmtree(self.site)
        shutil.copytree(self.kept, self.site)
        self._copied(self._template, self._database)

    @property
    def _database(self) -> str:
        return str(make_url(self.store.url).database) if self.store.url else ""

    @property
    def _template(self) -> str:
        return f"{self._database}_kept"

    def _copied(self, one: str, other: str) -> None:
        """A store on a server is a database of its own, and is put back whole; who still holds a line to it is cut off."""
        if not self.store.url:
            return
        plain = make_url(self.store.url).set(drivername="postgresql", database="postgres")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            for name in (one, other):
                connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            connection.execute(f"DROP DATABASE IF EXISTS {other} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {other} TEMPLATE {one}")

    def call(self, words: Sequence[str], fatal: int | None = None) -> int:
        self.output.unlink(missing_ok=True)

        def work() -> None:
            if fatal is not None:
                Stop(fatal, str(self.site), self.log).install()
            main([*words, "--site", str(self.site)])

        return in_fork(work, self.output)

    def filled(self, words: Sequence[str]) -> list[str]:
        """The words, with the ids of what was made before: ``{case}``, ``{document}``, ``{plan}``."""
        known = json.loads((self.site / "known.json").read_text()) if (self.site / "known.json").exists() else {}
        return [one.format(site=self.site, **known) for one in words]


def state_of(ground: Ground, *, half: bool) -> dict[str, Any]:
    """Everything that one run leaves, without what is drawn anew each time.

    Args:
        ground: of the site.
        half: whether its command is to be given again: then nothing is swept.

    Raises:
        AssertionError: something is half done, whatever the command was.
    """
    with ground.store.open() as store:
        cases = _cases(store)
        named = [hold for case in cases for hold in case.holds]
        with store._database.reading() as connection:
            table, subject = tables.keeping, tables.keeping_subject
            query = select(table.c.id).where(table.c.kind == Kind.LEGAL_HOLD, table.c.ended_at.is_(None))
            holds = sorted(connection.execute(query).scalars())
            subjects = sorted((row.kind, row.number) for row in connection.execute(select(subject)).all())
            placed = sorted(connection.execute(select(table.c.id)).scalars())
        assert len(named) == len(set(named))
        assert sorted(named) == placed, "a hold without its case, or a case without its hold"
        assert set(holds) <= set(named)
        told = Counter(
            str(decode_leaf(one).fields["commitment"]) for one in store.owed.entries() if b'"kind":"disclosure"' in one
        )
        events = Counter(store.disclosures.commitments())
        assert told == events, "an event that the ledger is not told of, or twice"
        assert set(told.values()) <= {1}
        offices = Counter(
            str(decode_leaf(one).fields["commitment"]) for one in store.owed.entries() if b'"kind":"authority"' in one
        )
        assert offices == Counter(one.commitment() for one in store.authority.entries()), "who may act, and its leaf"
        assert store.disclosures.whole()
        return {
            "cases": [[_event(one) for one in case.events] for case in cases],
            "words": [[one.words for one in store.disclosures._kept(case.id)] for case in cases],
            "holds": len(holds),
            "subjects": subjects,
            "in force": len(_waiting(store)) == 0,
            "turns": [(str(one.turn), one.office, one.holder, one.by, one.alternate) for one in store.disclosures.turns()],
            "past": len(store.disclosures.past()),
            "papers": sum(_opens(ground.site, case) for case in cases),
            "out": sorted(place.name for place in (ground.site / "out").iterdir()),
            "loose": [] if half else _loose(ground.site, store, cases),
        }  # fmt: skip


def _cases(store: Store) -> list[Case]:
    with store._database.reading() as connection:
        return list(store.disclosures._cases(connection))


def _waiting(store: Store) -> list[str]:
    table = tables.keeping
    with store._database.reading() as connection:
        query = select(table.c.id).where(table.c.ended_at.is_(None), table.c.in_force_from.is_(None))
        return list(connection.execute(query).scalars())


def _event(event: Any) -> list[Any]:
    terms = {name: "drawn" if name in _DRAWN else value for name, value in event.terms.items()}
    return [str(event.act), event.by, sorted(terms.items())]


def _opens(site: Path, case: Case) -> int:
    """Papers of a case, each of which is whole."""
    filed = [one for one in case.events if one.act is Act.FILED]
    for one in filed:
        paper = Filed(one.term("document"), int(one.term("size")), one.term("digest"))
        assert sum(map(len, DisclosureDocuments(site).read(case.id, paper))) == paper.size
    return len(filed)


def _loose(site: Path, store: Store, cases: list[Case]) -> list[str]:
    """What lies in the folder of the cases and is named by none, after a night of some days later has swept it."""
    at = datetime.now(UTC) + LATER
    store.forgotten.sweep(at)
    store.disclosures.forget_unnamed(at)
    own = {f"{event.term('document')}.sealed" for case in cases for event in case.events if event.act is Act.FILED}
    own |= {f"{case.id}.key" for case in cases} | {"none.key", "past.key"}
    return sorted(one.name for one in (site / "disclosures").iterdir() if one.name not in own)


def verdict(ground: Ground, *, half: bool = False) -> dict[str, Any] | str:
    """What `state_of` tells, asked in a fork, so that this process opens no store; what is wrong, as text."""
    place = ground.site.parent / "state.json"
    place.unlink(missing_ok=True)

    def work() -> None:
        place.write_text(json.dumps(state_of(ground, half=half)))

    if in_fork(work, ground.output) or not place.exists():
        return ground.output.read_text()[-1500:]
    found: dict[str, Any] = json.loads(place.read_text())
    return found


def drive(told: dict[str, Any]) -> dict[str, Any]:
    """Each verb of a walk: one undisturbed run, then a kill and the same command again for each chosen step."""
    ground = Ground(told)
    wrong: list[dict[str, Any]] = []
    killed = Counter[str]()
    for words in told["walk"]:
        said = ground.filled([one for one in words if one != ONLY])
        ground.keep()
        if ONLY not in words:
            wrong += _killed(ground, said, killed)
            ground.back()
        code = ground.call([*said, *(["--json"] if "--json" not in said else [])])
        if code:
            wrong.append({"words": said, "undisturbed": code, "tail": ground.output.read_text()[-1500:]})
            break
        _learn(ground)
    return {"wrong": wrong, "killed": dict(killed)}


def _killed(ground: Ground, said: list[str], killed: Counter[str]) -> list[dict[str, Any]]:
    verb, wrong = verb_of(said), list[dict[str, Any]]()
    ground.log.unlink(missing_ok=True)
    if (code := ground.call(said, 0)) != 0:
        return [{"words": said, "undisturbed": code, "tail": ground.output.read_text()[-1500:]}]
    steps = [json.loads(line) for line in ground.log.read_text().splitlines()] if ground.log.exists() else []
    wanted = verdict(ground)
    for at in _chosen(steps, ground.rounds):
        ground.back()
        code = ground.call(said, at)
        half = verdict(ground, half=True)
        again = ground.call(said)
        now = verdict(ground)
        killed[verb] += code == -signal.SIGKILL
        same = now == wanted or (verb.startswith("produce") and _once_more(now, wanted))
        if isinstance(half, str) or not same or again not in {0, _REFUSED} or code != -signal.SIGKILL:
            wrong.append({"words": said, "at": at, "step": steps[at - 1], "killed": code, "again": again,
                          "half": half if isinstance(half, str) else "", "now": now, "wanted": wanted})  # fmt: skip
    return wrong


def _once_more(now: object, wanted: object) -> bool:
    """A package that was lost with its process is told of, and the next is another: its manifest was drawn anew."""
    if not isinstance(now, dict) or not isinstance(wanted, dict):
        return False
    shorter = [
        [one for n, one in enumerate(case) if one[0] != "produced" or n == len(case) - 1] for case in now["cases"]
    ]
    same = {name: value for name, value in now.items() if name not in {"cases", "words"}}
    return shorter == wanted["cases"] and same == {name: wanted[name] for name in same}


def _chosen(steps: list[str], rounds: int) -> list[int]:
    """Steps by number: all of them, or so many, first those around what is committed and named."""
    every = range(1, len(steps) + 1)
    if rounds >= len(steps):
        return list(every)
    commits = [n for n, step in enumerate(steps, 1) if step == "COMMIT" or step.startswith("os.")]
    after = [n + 1 for n in commits if n < len(steps)]
    hurting = sorted({*commits, *after}) or list(every)
    return sorted({hurting[n * len(hurting) // rounds] for n in range(min(rounds, len(hurting)))})


def _learn(ground: Ground) -> None:
    """The ids that this command told, for the next ones."""
    place = ground.site / "known.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    with contextlib.suppress(ValueError):
        told = json.loads(ground.output.read_text())
        for name, key in (("case", "id"), ("document", "id"), ("forget", "plan")):
            if isinstance(one := told.get(name), dict) and key in one:
                known["plan" if name == "forget" else name] = one[key]
    place.write_text(json.dumps(known))


def verb_of(words: Sequence[str]) -> str:
    """Which verb of ``carrel disclose`` a command is."""
    return " ".join(words[1:3] if words[1] == "document" else words[1:2])


def begin() -> None:
    """What `warm_start` calls: the file that is named tells all; what was found is printed."""
    asked = json.loads(Path(sys.argv[1]).read_text())
    try:
        print(json.dumps(drive(asked)))
    except Exception:
        traceback.print_exc()
        raise

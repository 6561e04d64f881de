"""One library on one fresh database: its site folder, its people, and `carrel` as a process, watched for leaks.

Every call of `Library.run` asserts that neither the output nor any file of the site holds a value of a patron or the
password of a database account.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.ledger.note import Signer
from carrel.store.key_file import write_key
from carrel.store.store import FILE, Store
from carrel.systems import map_files
from tests.integration.run.warm_start import called
from tests.store_place import StorePlace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.integration.conftest import Koha

TREE = Path(__file__).parents[3]
PEOPLE = {
    "ada": ("Ada Example", "privacy officer", "[approve, hold]"),
    "ben": ("Ben Example", "director", "[approve, plan, stop]"),
    "cal": ("Cal Example", "systems librarian", "[plan, run]"),
}
CODE = re.compile(r"error\[([A-Z]{3}-[0-9]{3})\]")
_SHORTEST_NEEDLE = 6
_PAGE, _GAP = 4_096, b"\xff\xff"  # no text holds such bytes


@dataclass(frozen=True)
class Answer:
    """What one call of `carrel` gave back."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.out)
        assert found["format_version"] == 1
        return found

    @property
    def codes(self) -> list[str]:
        """Error codes, as people or as programs are told them."""
        if self.out.startswith("{"):
            return [one["code"] for one in self.told.get("errors", [])]
        return CODE.findall(self.err)

    @property
    def text(self) -> str:
        shown: object = self.out
        if self.out.startswith("{") and (run := self.told.get("run")):
            run["sweep"]["attacks"] = [one for one in run["sweep"]["attacks"] if one["hits"]]
            shown = run
        return f"carrel {' '.join(self.words)} -> {self.code}\n{shown}\n{self.err}"


@dataclass
class Library:
    """A site folder beside a database with all rights.

    Args:
        folder: of the site.
        koha: the database.
        needles: values of patrons, and secrets, that may stand nowhere.
    """

    folder: Path
    koha: Koha
    needles: set[str] = field(default_factory=set)
    store_place: StorePlace | None = None
    _clean: dict[Path, tuple[tuple[int, int, int], bytes]] = field(default_factory=dict)  # when nothing leaked

    # -- the command line -------------------------------------------------------------------------------------------

    def start(self, *words: object, env: dict[str, str] | None = None, site: bool = True) -> subprocess.Popen[str]:
        """`carrel` with these words at this site, as a process that goes on by itself; end it with `done`."""
        return subprocess.Popen(
            [sys.executable, "-m", "carrel", *map(str, words), *(("--site", str(self.folder)) if site else ())],
            cwd=self.folder, env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def done(self, process: subprocess.Popen[str], seconds: float = 600) -> Answer:
        """Wait for a process and look for leaks in what it wrote, wherever it wrote it."""
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return self._watched(Answer(tuple(process.args[3:]), process.returncode, out, err))  # type: ignore[index, arg-type]

    def run(self, *words: object, env: dict[str, str] | None = None, site: bool = True) -> Answer:
        said = [*map(str, words), *(("--site", str(self.folder)) if site else ())]
        return self._watched(Answer(tuple(said), *called(said, self.folder, environment(env))))

    def _watched(self, answer: Answer) -> Answer:
        self.assert_no_leak(answer.out, answer.err)
        return answer

    def ok(self, *words: object, code: int = 0) -> dict[str, Any]:
        """The JSON of a call that ends with this exit code."""
        answer = self.run(*words, "--json")
        assert answer.code == code, answer.text
        return answer.told

    def refused(self, *words: object, code: int, error: str) -> Answer:
        """A call that ends with this exit code and this error, and changes nothing in the library's database."""
        before = self.checksum()
        answer = self.run(*words)
        assert (answer.code, error in answer.codes) == (code, True), answer.text
        assert self.checksum() == before
        return answer

    # -- the loop ---------------------------------------------------------------------------------------------------

    def plan(self, name: str = "plan.json") -> Path:
        place = self.folder / name
        self.ok("plan", "--as", "Cal Example", "--out", place)
        return place

    def approve(self, place: Path, *more: object, who: str = "ada") -> dict[str, Any]:
        words = ("approve", place, "--as", PEOPLE[who][0], "--key", self.folder / f"{who}.key", "--yes")
        return self.ok(*words, *more)

    def approved(self, name: str = "plan.json") -> Path:
        """A plan that may be carried out now."""
        place = self.plan(name)
        self.approve(place, *self.waiver)
        return place

    @property
    def waiver(self) -> tuple[str, str]:
        return "--waive-rehearsal", "this library is invented"

    def dispose(self) -> Path:
        """The whole first run, stage by stage; the last plan."""
        for _ in range(6):
            place = self.approved()
            if self.ok("apply", place)["run"]["complete"]:
                return place
        raise AssertionError("the first run does not end")

    def first_stage(self) -> None:
        """The thousand loans of a first run, so that the next apply is the rest."""
        assert self.ok("apply", self.approved())["run"]["stage"] == "1,000 loans"

    # -- the database -----------------------------------------------------------------------------------------------

    def checksum(self) -> str:
        return checksum(self.koha)

    def sql(self, *statements: str) -> int:
        """Change the live database behind everybody's back; rows changed by the last statement."""
        done = 0
        with self.koha.engine().begin() as connection:
            for statement in statements:
                done = connection.exec_driver_sql(self.koha.spelled(statement)).rowcount
        return done

    def linked(self) -> int:
        [(count,)] = self.koha.rows(
            "SELECT count(*) FROM old_issues WHERE borrowernumber IS NOT NULL "
            f"AND borrowernumber <> {self.koha.sample.anonymous_patron}"
        )
        return int(str(count))

    # -- the site ---------------------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        return self.store_place.open() if self.store_place else Store.open(self.folder / FILE)

    def keep_store_in(self, place: StorePlace) -> None:
        """Have the site file name the database that its store is to lie in."""
        self.store_place = place
        self.edit("library: Elm Library\n", f"library: Elm Library\n{place.site_lines}")
        if place.url:
            self.needles.add(str(sa.make_url(place.url).password))

    def secret(self, name: str, url: str) -> Path:
        """A DSN file; the password in it becomes a needle."""
        place = self.folder / name
        place.write_text(url + "\n")
        place.chmod(0o600)
        if password := sa.make_url(url).password:
            self.needles.add(str(password))
        return place

    def edit(self, old: str, new: str, name: str = "carrel.yaml") -> None:
        """Change one place of a file of the site."""
        place = self.folder / name
        text = place.read_text()
        assert text.count(old) >= 1, (old, text)
        place.write_text(text.replace(old, new, 1))

    def assert_no_leak(self, *texts: str) -> None:
        """No needle in these texts, nor in any file of the site but the DSN files themselves."""
        found = {f"output {index}": text.encode() for index, text in enumerate(texts)}
        wanted = [needle.encode() for needle in self.needles]
        reach = max(map(len, wanted), default=0)
        for place in self.folder.rglob("*"):
            if place.is_file() and place.suffix != ".dsn":
                told = place.stat()
                state = (told.st_mtime_ns, told.st_size, len(self.needles))
                before, old = self._clean.get(place, ((0, 0, -1), b""))
                if before != state:
                    new = place.read_bytes()
                    same = old if before[2] == len(self.needles) else b""
                    found[str(place.relative_to(self.folder))] = changed(same, new, reach)
                    self._clean[place] = state, new
        for name, content in found.items():
            leaked = [needle for needle in wanted if needle in content]
            assert not leaked, f"{name} holds {len(leaked)} needles, such as {leaked[0]!r}"


def changed(old: bytes, new: bytes, reach: int) -> bytes:
    """What differs between two contents of a file, page by page, and so much on both sides of each page."""
    parts, end = [], 0
    for start in range(0, len(new), _PAGE):
        if old[start : start + _PAGE] != new[start : start + _PAGE]:
            if start - reach > end:
                parts.append(_GAP)
            parts.append(new[max(end, start - reach) : start + _PAGE + reach])
            end = min(len(new), start + _PAGE + reach)
    return b"".join(parts)


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: this one's, without what would change how Carrel or Python behave."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "CARREL", "COVERAGE"))}
    return {**kept, "PYTHONPATH": str(TREE / "src"), "COLUMNS": "200", **(more or {})}


def needles_of(koha: Koha) -> set[str]:
    """What names a patron of the sample: card, user name, mail, phone, whole name, street, and what was canaried."""
    found: set[str] = set()
    for row in koha.rows(
        "SELECT cardnumber, userid, email, phone, mobile, address, firstname, surname FROM borrowers WHERE surname <> ''"
    ):
        *alone, first, last = (str(value or "") for value in row)
        found.update(value for value in alone if len(value) >= _SHORTEST_NEEDLE)
        if first and last:
            found.update({f"{first} {last}", f"{last}, {first}"})
    for canary in koha.sample.canaries:
        found.update(value for value in canary.needles if len(value) >= _SHORTEST_NEEDLE)
    return found


def checksum(koha: Koha) -> str:
    """Of every row of every table."""
    if koha.dialect == "mariadb":
        assert koha.server is not None
        names = koha.server.sql(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            f"AND table_schema = '{koha.database}' ORDER BY 1"
        )
        tables = ", ".join(f"`{koha.database}`.`{name}`" for (name,) in names)
        return repr(koha.server.sql(f"CHECKSUM TABLE {tables} EXTENDED"))
    whole = hashlib.sha256()
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    }
    for (name,) in koha.rows(listed[koha.dialect]):
        whole.update(repr((name, sorted(map(repr, koha.rows(f'SELECT * FROM "{name}"'))))).encode())
    return whole.hexdigest()


def zone_of(koha: Koha) -> str:
    """The private server has no zone tables; the sample's own wall clock is only some hours away from its clock."""
    return koha.sample.zone if koha.dialect == "sqlite" else "UTC"


SYSTEM = """\
  - name: {name}
    map: koha
    dsn_file: {name}.dsn
    time_zone: {zone}
    mode: {mode}
{more}"""


def people(folder: Path) -> str:
    """Three people, whose keys are written into the folder, as lines of a site file."""
    text = "people:\n"
    for who, (name, role, may) in PEOPLE.items():
        signer = Signer.generate(f"elm.example/{who}", os.urandom(32))
        write_key(folder / f"{who}.key", signer)
        text += f"  - {{name: {name}, role: {role}, may: {may}, public_key: '{signer.vkey}'}}\n"
    return text


def make(
    folder: Path,
    koha: Koha,
    *,
    policy: str = "mit-libraries",
    mode: str = "window",
    more: str = "",
    copies: Iterable[tuple[str, str]] = (),
    others: Iterable[tuple[str, str]] = (),
    consumers: bool = True,
) -> Library:
    """A site with three people and their keys.

    Args:
        folder: of the site; made.
        koha: the database.
        policy: one that ships; the site gets a copy of its own.
        mode: of the system.
        more: lines for the system, indented by four.
        copies: of the system, to rehearse on, as name and URL.
        others: further systems of the library, likewise.
        consumers: whether every destructive job of the product is declared as not used.
    """
    folder.mkdir(parents=True)
    here = Library(folder, koha, needles_of(koha))
    shipped = resources.files("carrel.policy") / "shipped" / f"{policy}.yaml"
    (folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    text = "format_version: 1\nlibrary: Elm Library\npolicy: ./policy.yaml\nsystems:\n"
    copied = [(name, url, f"    copy_of: koha\n{more}") for name, url in copies]
    for name, url, lines in (("koha", koha.url, more), *((*other, more) for other in others), *copied):
        here.secret(f"{name}.dsn", url)
        text += SYSTEM.format(name=name, zone=zone_of(koha), mode=mode, more=lines)
    if consumers:
        jobs = (one.name for one in map_files.load("koha").consumers if one.destructive)
        text += "consumers:\n" + "".join(f"  {name!r}: not used\n" for name in jobs)
    text += people(folder)
    (folder / "carrel.yaml").write_text(text)
    return here

"""Texts that want out of their place: one in every text column of a patron's rows and of the library's, on every page."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from carrel.rights.wording import ENGLISH
from carrel.systems import access_package
from carrel.systems.access_answer import Asked, gathered
from carrel.systems.sample import Sample
from tests.integration.conftest import Koha
from tests.integration.web import route_kinds
from tests.integration.web.ground import Ground, filled, ground_of
from tests.integration.web.marked_rows import MARK
from tests.integration.web.route_kinds import KNOWN, Whose

pytestmark = pytest.mark.xdist_group("marks of the pages")  # one process opens what they share

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SEES = {"value"}  # attributes that may hold a text of a person: what a field of a form is filled with


class Shape(HTMLParser):
    """How a page is built: its elements with their attributes, and the texts between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.built: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.values: list[str] = []  # of attributes that may hold nothing of a person
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.built.append((tag, *sorted(name for name, _ in attrs)))
        self.values += [f"{tag} {name}={value}" for name, value in attrs if name not in _SEES]
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.built.append((f"/{tag}",))
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1:] in (["script"], ["style"], ["title"]):
            self.values.append(data)
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.values.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


@pytest.fixture(scope="module")
def seen(
    _sqlite_template: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, str]]]:
    """Every page of a patron and of everybody, and the files of the package, before the marks turn and after."""
    folder = tmp_path_factory.mktemp("marks")
    shutil.copyfile(_sqlite_template[0], folder / "koha.db")
    koha = Koha(f"sqlite:///{folder / 'koha.db'}", "sqlite", _sqlite_template[1])
    with ground_of(folder, koha) as ground:
        tame = {**pages_in(ground), **files_of(ground)}
        assert ground.rows.turn_evil() > 800
        yield {"tame": tame, "evil": {**pages_in(ground), **files_of(ground)}}
    koha.dispose()


def pages_in(ground: Ground) -> dict[str, str]:
    """The page behind each route that can be read, in each language."""
    found = {}
    patron = ground.signed_in(ground.ada)
    for method, path in ground.routes:
        kind = KNOWN[method, path]
        if method != "GET":
            continue
        browser = route_kinds.STAFF(ground) if kind.whose is Whose.STAFF and route_kinds.STAFF else patron
        things = kind.thing(ground, ground.ada) if kind.thing else {}
        for language in ground.pages.premises.portal.languages if "{language}" in path else ("",):
            answer = browser.get(filled(path, things, language))
            found[f"{method} {path} {language}"] = answer.text
            assert not MARK.search(str(answer.headers)), path
    return found


def files_of(ground: Ground) -> dict[str, str]:
    """The files of the package for the patron, as they leave."""
    system = ground.pages.premises.doors["ils"]._opened()
    out = io.BytesIO()
    asked = Asked(str(ground.ada.number), by_card=False)
    with gathered((system,), asked, case="", site=ground.pages.premises.site, policy=system.policy,
                  at=ground.pages.clock(), thorough=True) as answer:  # fmt: skip
        access_package.write(answer, out, ENGLISH)
    with zipfile.ZipFile(out) as package:
        return {f"package {name}": package.read(name).decode() for name in package.namelist()}


def test_no_text_of_a_record_builds_any_part_of_a_page(seen) -> None:
    """Each page is built alike whether the texts are tame or evil, and no mark stands anywhere but in a text."""
    shown: set[str] = set()
    for name, page in seen["evil"].items():
        if "<html" not in page:
            continue
        shape, before = Shape(page), Shape(seen["tame"][name])
        # An account of a member of staff tells what was done with it, and the list of cases those that were opened by
        # the walk before: more each time.
        grows = "/account" in name or name.startswith("GET /staff/{language}/cases ")
        assert shape.built == before.built or grows, name
        assert not MARK.search("\n".join(shape.values)), (name, MARK.findall("\n".join(shape.values))[:3])
        assert "\x1b" not in page.partition("package")[0] or "\x1b" not in "".join(shape.values)
        marks = set(MARK.findall("\n".join(shape.texts)))
        assert marks == set(MARK.findall("\n".join(before.texts))), name
        shown |= marks
    of_hers = {one for one in shown if one.startswith("qA")}
    assert len(of_hers) > 200, len(of_hers)
    assert not [one for one in shown if one.startswith("qB")], "somebody else's"


def test_the_shape_tells_markup_from_text() -> None:
    """That the test above can fail: each way in which a text could be part of a page."""
    tame = Shape("<p title='x'>q</p>").built
    for page in ("<p title='x'>q<b>", "<p title='x' onclick=q>q</p>", "<p title='x'>q</p><script>q</script>"):
        assert Shape(page).built != tame
    for page in ("<p title='qA1q'>", "<script>qA1q</script>", "<title>qA1q</title>", "<!--qA1q-->", "<!qA1q>"):
        assert MARK.search("\n".join(Shape(page).values)), page
    assert not MARK.search("\n".join(Shape("<p>&lt;qA1q<input value='qA1q'>").values))


def test_no_cell_of_a_package_is_a_formula(seen) -> None:
    """Nor does a mark break out of its cell: every row has as many as its head."""
    cells, marks = 0, set()
    for name, text in seen["evil"].items():
        if not name.endswith(".csv"):
            continue
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        for row in rows:
            assert len(row) == len(rows[0]), name
            for cell in row:
                cells += 1
                assert not cell.startswith(_FORMULA) or _NUMBER.fullmatch(cell), (name, cell[:20])
                marks |= set(MARK.findall(cell))
    assert cells > 1_000
    assert len(marks) > 200
    assert any("\n'=HYPERLINK" in text or ",\"'=HYPERLINK" in text for text in seen["evil"].values()), (
        "the guard is there"
    )


def test_the_json_of_a_package_holds_each_text_as_it_is(seen) -> None:
    told = json.loads(seen["evil"]["package answer.json"])
    texts: list[str] = []

    def walk(one: object) -> None:
        if isinstance(one, dict):
            list(map(walk, one.values()))
        elif isinstance(one, list):
            list(map(walk, one))
        elif isinstance(one, str):
            texts.append(one)

    walk(told)
    assert any(one.startswith('"><img src=x onerror=alert("q') for one in texts)
    assert "<script" not in seen["evil"]["package answer.json"].lower() or "</title>" in "".join(texts)

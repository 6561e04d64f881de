"""What is executed of one path for every chunk, built once for a run: small chunks must not wait for their texts."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, Executable

from carrel.systems.sql.path_rows import Condition
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.worktables import FOUND, empty, know

# A text of several items loses one of them per pass.
_REDACTION_PASSES = 50


@dataclass(slots=True)
class ChunkSteps:
    """The statements of one path for a chunk, in their order.

    Attributes:
        path: whose.
        beside_others: other sessions cut beside this one, and the server would lock whatever it reads to join it, by
            any index or the whole table. So that none waits for another's readers, keys are looked up without a lock.
        left: rows of the last chunk that still lead to a reader, as read back.
        full: texts in other tables that were not taken out, as read back before the rows that name them went.
        of_readers: conditions of the rows that go with their reader.
        of_loans: conditions of the rows that go with their loan.
    """

    path: PathSql
    beside_others: bool = False
    left: int = 0
    full: int = 0
    of_readers: tuple[Condition, ...] = field(init=False)
    of_loans: tuple[Condition, ...] = field(init=False)
    _texts: dict[str, tuple[Executable, ...]] = field(init=False, default_factory=dict)
    _further: dict[str, tuple[tuple[Executable, Executable], ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        first = self.path.chunk.of_readers(self.path.strays)
        self.of_readers = () if first is None else (first,)
        self.of_loans = self.path.chunk.stages()

    @property
    def reaches(self) -> bool:
        """A key, a text or a time leads from a loan to the rows; where only their own clock does, strays are walked."""
        return self.path.path.link.by != "clock"

    # -- rows that are found first ----------------------------------------------------------------------------------

    def find(self, connection: Connection, span: dict[str, object], *, spelled: bool) -> None:
        """Note the keys of the chunk's rows."""
        empty(connection, FOUND)
        for statement in self._finds(spelled=spelled and self.path.chunk.by_spell):
            connection.execute(statement, span)
        know(connection, FOUND)

    def _finds(self, *, spelled: bool) -> tuple[Executable, ...]:
        name = "find spelled" if spelled else "find"
        if name not in self._texts:
            cuts = self.path.cuts
            first = (cuts.find(one, with_loan=False) for one in self.of_readers)
            seek = cuts.find_spelled if spelled else cuts.find
            self._texts[name] = (*first, *(seek(one) for one in self.of_loans))
        return self._texts[name]

    def cut_found(self, connection: Connection, span: dict[str, object]) -> int:
        """Cut what was found, dependent rows first, and read it back; how many rows were cut."""
        children, (cut,), (again,) = self._by_key()
        for statement in children:
            connection.execute(statement)
        done = int(connection.execute(cut, span).rowcount)
        self.left = int(connection.execute(again, span).scalar_one()) if done else 0
        for _ in range(_REDACTION_PASSES if self.path.own.redacts and self.left else 0):
            connection.execute(cut, span)
            self.left = int(connection.execute(again, span).scalar_one())
            if not self.left:
                break
        return done

    def _by_key(self) -> tuple[tuple[Executable, ...], tuple[Executable, ...], tuple[Executable, ...]]:
        if "cut" not in self._texts:
            cuts = self.path.cuts
            self._texts |= {
                "children": cuts.children_found(),
                "cut": (cuts.cut_found(),),
                "again": (cuts.left_found(),),
            }
        return self._texts["children"], self._texts["cut"], self._texts["again"]

    # -- rows that are cut as they are met --------------------------------------------------------------------------

    def cut_met(self, connection: Connection, span: dict[str, object], *, with_loan: bool) -> int:
        """Cut the rows that go with their reader, or with their loan, by their conditions; how many."""
        if self._is_keyed:
            return self._cut_by_key(connection, span, with_loan=with_loan)
        name = "of loans" if with_loan else "of readers"
        if name not in self._texts:
            cuts, conditions = self.path.cuts, self.of_loans if with_loan else self.of_readers
            self._texts[name] = tuple(cuts.act(one, with_loan=with_loan) for one in conditions)
            children = (child for one in conditions for child in cuts.children(one)) if with_loan else ()
            self._texts[f"children {name}"] = tuple(children)
            self._further[name] = tuple(one for condition in conditions for one in cuts.further(condition))
        for statement in self._texts[f"children {name}"]:
            connection.execute(statement, span)
        for take_out, again in self._further[name]:
            connection.execute(take_out, span)
            self.full += int(connection.execute(again, span).scalar_one())
        return sum(int(connection.execute(statement, span).rowcount) for statement in self._texts[name])

    @property
    def _is_keyed(self) -> bool:
        """The rows can be cut by their key."""
        cut = self.path.cut
        return self.beside_others and len(self.path.path.key) == 1 and not (cut.further or cut.children)

    def _cut_by_key(self, connection: Connection, span: dict[str, object], *, with_loan: bool) -> int:
        """Find keys without a lock, and cut the rows if they are still such as were looked for."""
        find, cut = ("find of loans", "cut of loans") if with_loan else ("find of readers", "cut of readers")
        if find not in self._texts:
            cuts, conditions = self.path.cuts, self.of_loans if with_loan else self.of_readers
            self._texts[find] = tuple(cuts.find(one, with_loan=with_loan) for one in conditions)
            self._texts[cut] = tuple(cuts.cut_found(one) for one in conditions)
        done = 0
        for look, act in zip(self._texts[find], self._texts[cut], strict=True):
            empty(connection, FOUND)
            connection.execute(look, span)
            know(connection, FOUND)
            done += int(connection.execute(act, span).rowcount)
        return done

    def read_back(self, connection: Connection, span: dict[str, object]) -> None:
        """Count what still leads to a reader, once everything of the chunk was cut."""
        if not self.reaches or self.path.chunk.found_first:
            return
        if "left" not in self._texts:
            self._texts["left"] = (self.path.cuts.left(),)
        left = int(connection.execute(self._texts["left"][0], span).scalar_one())
        self.left, self.full = left + self.full, 0

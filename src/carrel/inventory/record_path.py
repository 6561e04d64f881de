"""Records of other kinds than loans in a system map: which rule they stand under, when one is over, what it becomes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from carrel.inventory.map_part import Condition, Part, Step
from carrel.inventory.map_path import TRANSFER, Beside, Cut, OwnLink, Path, Role


class RecordPath(Part):
    """Records of another kind than loans: where they are, when one is over, and what can become of it.

    Attributes:
        name, table, says, key, person, role, among, optional: as of a `Path`; no other path may have the name.
        only: rows that are over; one that still waits for somebody is never among them.
        record, event, dated, ends, unless, item, about, everybody, branch: as of an `OwnLink`.
        walk: column whose index leads through the table; the first of the key unless given.
        cuts: what is done, by what a policy may ask for. Where a column that names the person may not be empty,
            de-identifying takes the row.
        dependants: tables of which no other path speaks, and whose rows go with a row of this one; what they hold.
    """

    name: str
    table: str
    says: str
    key: tuple[str, ...] = ()
    person: str | None = None
    role: Role = Role.READER
    only: tuple[Condition, ...] = ()
    among: tuple[Step, ...] = ()
    record: str
    event: str
    dated: tuple[str, ...] = ()
    ends: Beside | None = None
    unless: Beside | None = None
    item: str | None = None
    about: str | None = None
    everybody: bool = False
    branch: str | None = None
    walk: str | None = None
    cuts: dict[Literal["delete", "de-identify"], Cut] = Field(min_length=1)
    dependants: dict[str, str] = Field(default_factory=dict)
    optional: bool = False

    @model_validator(mode="after")
    def _tells_its_end(self) -> RecordPath:
        if not self.dated and (self.ends is None or self.ends.at is None):
            raise ValueError("a record says when it ends: 'dated', or 'ends' with 'at'")
        return self

    def cut_by(self, disposition: str) -> Cut | None:
        """What is done to them where a policy asks for a disposition; None where it cannot be done.

        What is transferred is deleted here, with the rows that go with it, after it was written elsewhere.
        """
        cut = self.cuts.get("delete" if disposition == TRANSFER else disposition)  # type: ignore[call-overload]  # any word may be asked for
        return cut if disposition != TRANSFER or (cut is not None and cut.delete and self.key) else None

    def path(self, disposition: str) -> Path:
        """These records as a path that is cut, as a disposition wants it.

        Raises:
            KeyError: it cannot be done.
        """
        if (cut := self.cut_by(disposition)) is None:
            raise KeyError(disposition)
        link = OwnLink(
            by="own",
            record=self.record,
            event=self.event,
            dated=self.dated,
            ends=self.ends,
            unless=self.unless,
            item=self.item,
            about=self.about,
            everybody=self.everybody,
            branch=self.branch,
        )
        return Path(
            name=self.name,
            table=self.table,
            says=self.says,
            key=self.key,
            person=self.person,
            role=self.role,
            only=self.only,
            among=self.among,
            link=link,
            cut=cut,
            archived=disposition == TRANSFER,
            optional=self.optional,
            walk=self.walk or self.key[0],
        )

"""Who has the database where the library has not: the two parties, registered beforehand on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from carrel.errors import unseen
from carrel.inventory.timetable import Part


class Custodian(Part):
    """A library and the custodian of its data, as both site files have them.

    Attributes:
        party: which of the two this site is.
        library, host: names of the parties.
        library_key: public key by which the library signs requests.
        host_key: public key of the ledger that the host keeps for this library.
        branches: on the library's side, as it writes them: a report of counts may name these and no others.
        at_least: on the host's side its own policy, a name or a file: what a library asks for is at least as strict.
    """

    party: Literal["library", "host"]
    library: str = Field(min_length=1, max_length=120)
    library_key: str = Field(min_length=1)
    host: str = Field(min_length=1, max_length=120)
    host_key: str = Field(min_length=1)
    branches: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = ()
    at_least: str | None = Field(default=None, min_length=1)

    @field_validator("library", "host")
    @classmethod
    def _shown(cls, name: str) -> str:
        if unseen(name):
            raise ValueError("write a name whose every sign can be seen")
        return name

    @property
    def is_library(self) -> bool:
        """Whether this site is the library's."""
        return self.party == "library"

    def relative_to(self, base: Path) -> Custodian:
        """The same with the path of a policy taken from the folder of the site file."""
        said = self.at_least
        if said is None or not ("/" in said or said.endswith((".yaml", ".yml"))):
            return self
        return self.model_copy(update={"at_least": str(base / said)})

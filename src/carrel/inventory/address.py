"""Where a site file says that a database is: its address stands in a file of mode 0600, or in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator, model_validator

from carrel.inventory.timetable import Part, wish

SCHEMA = r"^[a-z_][a-z0-9_]{0,39}$"
_SERVERS_OWN = ("public", "information_schema")


class Address(Part):
    """The address of a database, which is a secret.

    Attributes:
        dsn_file, dsn_env: where it stands; one of the two.
    """

    dsn_file: Path | None = None
    dsn_env: str | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Address:
        if (self.dsn_file is None) == (self.dsn_env is None):
            raise wish(
                "the address of the database in one place: 'dsn_file' or 'dsn_env'",
                "neither" if self.dsn_file is None else "both",
                "write 'dsn_file:' with a file of mode 0600, or 'dsn_env:' with the name of a variable, and not both",
            )
        return self


class StoreAddress(Address):
    """Where Carrel's own records are, unless in a file of the site's folder.

    Attributes:
        tenant: the schema of the database in which this site's records lie, and no other site's.
    """

    tenant: str = Field(default="carrel", alias="schema", pattern=SCHEMA)

    @field_validator("tenant")
    @classmethod
    def _of_its_own(cls, name: str) -> str:
        if name in _SERVERS_OWN or name.startswith("pg_"):
            raise wish(
                "the name of a schema for this site's records alone",
                "one that is the server's own",
                "name another one, such as that of the library; leave the key out for 'carrel'",
            )
        return name

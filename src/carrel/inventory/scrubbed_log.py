"""Logs that are scrubbed, as a site file declares them: which files, what may stay of a line, where their keys lie."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, model_validator

from carrel.deidentification.logs.log_time import Precision
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule
from carrel.inventory.named_files import NamedFiles
from carrel.inventory.timetable import Period


class ScrubbedLog(NamedFiles):
    """The logs of one server.

    Attributes:
        patterns: each log that they name is replaced by its scrubbed self.
        format: a known one, or the text of the server's settings; found by the first lines unless given.
        address, sessions, people, query, time: what becomes of each, as the options of the command have it.
        words, hosts: files of what further may pass.
        keys: folder of the days' keys; in memory alone where there is none.
        counts: file of monthly counts.
        most_unknown: percent of lines that may fit no format.
        every: at least so often a scrubbed log comes; longer, and whoever scrubs has stopped.
        idle: a session is over when nothing came of it for so long.
        pipe: the server writes through ``carrel scrub``, so that the files hold scrubbed lines from the first on.
    """

    format: str | None = Field(default=None, min_length=1, max_length=1000)
    address: AddressRule = AddressRule.TRUNCATE
    sessions: NameRule = NameRule.TOKEN
    people: NameRule = NameRule.DROP
    query: QueryRule = QueryRule.STRIP
    time: Precision = Precision.HOUR
    words: Path | None = None
    hosts: Path | None = None
    keys: Path | None = None
    counts: Path | None = None
    most_unknown: int = Field(default=1, ge=0, le=100)
    every: Period = timedelta(days=2)
    idle: Period = timedelta(minutes=30)
    pipe: bool = False

    @model_validator(mode="after")
    def _fitting(self) -> ScrubbedLog:
        if self.pipe and self.format is None:
            raise ValueError("write 'format:' with 'pipe: true': a pipe gives each line on as it comes")
        return self

    @property
    def addresses_kept(self) -> str:
        """What becomes of network addresses, in words."""
        if self.address is AddressRule.DROP:
            return "removed"
        return "cut to their network" if self.address is AddressRule.TRUNCATE else "encrypted"

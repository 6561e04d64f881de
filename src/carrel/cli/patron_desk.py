"""What the pages have done for a patron, made of what the commands do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises, record, self_correction
from carrel.cli.aftermath import mail_server
from carrel.cli.at_site import now, open_site
from carrel.cli.consent_person import person_numbered
from carrel.cli.consent_stops import stop_at_once
from carrel.cli.consent_word import Said, agree, end_silence, require_optional, take_back, texts_of
from carrel.cli.store_place import open_store
from carrel.consent.event import Channel
from carrel.consent.faults import CHANGES
from carrel.consent.state import State, state_of
from carrel.errors import CarrelError, fault
from carrel.retention.faults import NO_SUBJECT
from carrel.systems import mail
from carrel.systems.sql.account_password import write_password
from carrel.systems.sql.failure import told
from carrel.systems.sql.notice_choices import NoticeChoices

if TYPE_CHECKING:
    from carrel.accountability.message import Message
    from carrel.consent.text import ConsentText
    from carrel.ledger.leaf import OpenLeaf
    from carrel.retention.person_request import Wanted


class Desk:
    """The desk of one site.

    Each act opens the site anew and looks at policy, map and database as a command would, so that a process that
    serves for weeks decides by what is in force now.

    Args:
        site_path: the site file, or its folder.
    """

    def __init__(self, site_path: Path) -> None:
        self._site = site_path

    def agree(self, system: str, number: int, text: ConsentText, *, lift_silence: bool) -> None:
        """Write down that the person agreed to a text.

        Raises:
            CarrelError: CNS-002 to CNS-009.
        """
        with premises.enter(self._site, system, read_only=True) as here:
            require_optional(here, text.purpose)
            agree(here, person_numbered(here, number), text, _said(), lift_silence=lift_silence, alone=True)

    def write_to(self, address: str, letter: Message) -> None:
        """Send a letter to somebody by the site's mail server.

        Raises:
            CarrelError: ACC-002 to ACC-004, SIT-004, SIT-005.
        """
        mail.send(mail_server(open_site(self._site), (address,)), letter)

    def take_back(self, system: str, number: int, purpose: str | None, *, addresses: bool = True) -> bool | None:
        """Write down a withdrawal or an objection; without a purpose, of everything.

        Returns:
            Whether the person was read back as off every mailing list; None where there is none.

        Raises:
            CarrelError: CNS-004, CNS-007, CNS-009.
        """
        with premises.enter(self._site, system, read_only=True) as here:
            lists = take_back(here, person_numbered(here, number), purpose, _said(), addresses=addresses).lists
        return not any(one.code for one in lists) if lists else None

    def end_silence(self, system: str, number: int) -> None:
        """Take off the list of silence the person's own number, and the addresses that this person put there.

        Nobody is written to by that: every purpose to which silence said no stays a no until the person says yes.

        Raises:
            CarrelError: CNS-007.
        """
        with premises.enter(self._site, system, read_only=True) as here:
            end_silence(here, person_numbered(here, number))

    def object(self, system: str, number: int, purposes: tuple[str, ...]) -> tuple[str, ...]:
        """Write down an objection to several purposes: all of it stands on record afterwards, or nothing.

        A mailing tool that cannot be told now is told by the next night: the objection itself holds in every export.

        Returns:
            The purposes that stand on record as objected to.

        Raises:
            CarrelError: CNS-004, CNS-007.
        """
        with premises.enter(self._site, system, read_only=True) as here:
            person, texts = person_numbered(here, number), texts_of(here)
            try:
                take_back(here, person, purposes, _said())
            except CarrelError as wrong:
                if wrong.code != CHANGES.code:
                    raise
            there = here.store.consents.of(person.tag)
        return tuple(one for one in purposes if state_of(there, one, texts).state is State.WITHDRAWN)

    def restricted(self, system: str) -> None:
        """Tell mailing tools of the requests for a restriction that are open; what cannot be told now, a night tells.

        Raises:
            CarrelError: RGT-018.
        """
        stop_at_once(self._site, system)

    def correct(self, system: str, number: int, wanted: tuple[Wanted, ...]) -> bool:
        """Write new values into the person's record.

        Raises:
            CarrelError: as `self_correction.correct`.
        """
        with premises.enter(self._site, system, read_only=False) as here:
            return self_correction.correct(here, number, wanted)

    def set_password(self, system: str, number: int, new: str) -> None:
        """Write a new password.

        Raises:
            CarrelError: SQL-023 and others of the SQL codes.
        """
        with premises.enter(self._site, system, read_only=False) as here:
            if here.system_map.sign_in is None:
                raise fault(NO_SUBJECT, at=system, found="a map that knows no accounts")
            with told(system), here.primary.begin() as connection:
                today = now().astimezone(here.zone).date()
                write_password(connection, here.schema, here.system_map.sign_in, number, new, today=today, at=system)

    def set_notices(self, system: str, number: int, wanted: Mapping[str, Collection[str]]) -> None:
        """Write by which way each notice shall come.

        Raises:
            CarrelError: SQL-023 and others of the SQL codes.
        """
        with (
            premises.enter(self._site, system, read_only=False) as here,
            told(system),
            here.primary.begin() as connection,
        ):
            NoticeChoices(here.system_map).write(connection, number, wanted)

    def record(self, leaf: OpenLeaf) -> None:
        """Tell the ledger.

        Raises:
            CarrelError: of the LED codes.
        """
        site = open_site(self._site)
        with open_store(site) as store:
            record.record(site, store, (leaf,), now())


def _said() -> Said:
    at = now()
    return Said(Channel.WEB, self_correction.THE_PERSON, at, at)

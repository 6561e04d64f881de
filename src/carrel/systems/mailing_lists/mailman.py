"""One list of GNU Mailman 3 by its REST interface: members read page after page, taken off, put on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from carrel.consent.subject import spelled
from carrel.inventory.mailing_list import MailingList
from carrel.systems import secret
from carrel.systems.mailing_lists.connection import ToolConnection
from carrel.systems.mailing_lists.refusals import no_list, strange

PAGE = 500
_MEMBER = re.compile(r"[0-9a-f]{1,64}")
_MOST = 2_000_000  # members: whoever tells more tells nonsense
_READINGS = 3
_OK, _CREATED = int(HTTPStatus.OK), int(HTTPStatus.CREATED)
_DONE, _LATER = int(HTTPStatus.NO_CONTENT), int(HTTPStatus.ACCEPTED)
_NOT, _THERE, _GONE = int(HTTPStatus.BAD_REQUEST), int(HTTPStatus.CONFLICT), int(HTTPStatus.NOT_FOUND)
_AGREED = {"pre_verified": "true", "pre_confirmed": "true", "pre_approved": "true"}
Members = dict[str, list[str]]


class MailmanList:
    """One list, as its tool has it now.

    Args:
        one: of the site file.
        way: to the tool.
    """

    def __init__(self, one: MailingList, way: ToolConnection) -> None:
        self._list, self._way = one, way

    def members(self) -> Members:
        """Everybody whom messages go to.

        Owners and moderators are others: who runs a list is not written to by that.

        Returns:
            The address, in the spelling in which addresses are compared, to the tool's own numbers for it.

        Raises:
            CarrelError: CNS-018 to CNS-020; the last one too where members came and went in each of three readings.
        """
        for _ in range(_READINGS):
            found, told = self._read_all()
            if sum(map(len, found.values())) == told:
                return found
        raise strange(self._way.at, _OK)

    def find(self, address: str) -> list[str]:
        """The tool's own numbers of one address; none of one that is no member.

        Raises:
            CarrelError: CNS-018 to CNS-020.
        """
        form = {
            "list_id": self._list.list_id,
            "subscriber": address,
            "role": "member",
            "fields": ["email", "member_id"],
        }
        known = frozenset({_OK, _NOT})  # what Mailman takes for no address is no member
        status, body = self._way.ask("POST", "/members/find", form, known=known)
        return (
            []
            if status == _NOT
            else [number for email, number in self._entries(body) if spelled(email) == spelled(address)]
        )

    def remove(self, number: str) -> bool:
        """Take a member off, without asking the person or a moderator; whether it is done.

        Raises:
            CarrelError: CNS-018 to CNS-020.
        """
        agreed = urlencode({"pre_confirmed": "true", "pre_approved": "true"})
        known = frozenset({_DONE, _LATER, _GONE})
        status, _ = self._way.ask("DELETE", f"/members/{quote(number, safe='')}?{agreed}", known=known)
        return status != _LATER

    def add(self, address: str) -> bool:
        """Put an address on; whether it is there. One that the tool bans or cannot write to is not.

        Raises:
            CarrelError: CNS-018 to CNS-020.
        """
        form = {"list_id": self._list.list_id, "subscriber": address, **_AGREED}
        status, _ = self._way.ask("POST", "/members", form, known=frozenset({_CREATED, _LATER, _NOT, _THERE}))
        return status in {_CREATED, _THERE}

    def require_there(self) -> None:
        """Refuse a list that the tool does not have.

        Raises:
            CarrelError: CNS-018 to CNS-020.
        """
        status, body = self._way.ask(
            "GET", f"/lists/{quote(self._list.list_id, safe='')}", known=frozenset({_OK, _GONE})
        )
        if status == _GONE:
            raise no_list(self._way.at)
        if not isinstance(body, dict) or str(body.get("list_id", "")).casefold() != self._list.list_id.casefold():
            raise strange(self._way.at, _OK)

    def _read_all(self) -> tuple[Members, int]:
        found: Members = {}
        for page in range(1, _MOST // PAGE + 1):
            said = urlencode({"count": PAGE, "page": page, "fields": ["email", "member_id"]}, doseq=True)
            path = f"/lists/{quote(self._list.list_id, safe='')}/roster/member?{said}"
            status, body = self._way.ask("GET", path, known=frozenset({_OK, _GONE}))
            if status == _GONE:
                raise no_list(self._way.at)
            entries = self._entries(body)
            for email, number in entries:
                if number not in (mine := found.setdefault(spelled(email), [])):
                    mine.append(number)
            total = body["total_size"]
            if len(entries) < PAGE:
                return found, total
        raise strange(self._way.at, _OK)

    def _entries(self, body: Any) -> list[tuple[str, str]]:
        """Address and number of each entry of a collection."""
        rows = body.get("entries", []) if isinstance(body, dict) and type(body.get("total_size")) is int else None
        if not isinstance(rows, list):
            raise strange(self._way.at, _OK)
        return [self._entry(one) for one in rows]

    def _entry(self, row: Any) -> tuple[str, str]:
        email, number = (row.get("email"), row.get("member_id")) if isinstance(row, dict) else (None, None)
        if not isinstance(email, str) or not email or not isinstance(number, str) or not _MEMBER.fullmatch(number):
            raise strange(self._way.at, _OK)
        return email, number


@contextmanager
def opened(one: MailingList, *, within: float | None = None) -> Iterator[MailmanList]:
    """A list, once the tool has shown that it has it.

    Args:
        one: of the site file.
        within: seconds for all answers together; None where nobody waits.

    Raises:
        CarrelError: CNS-018 to CNS-020; SIT-004 or SIT-005, the password cannot be read or others can read it.
    """
    found = MailmanList(one, ToolConnection(one, secret.from_file(one.password_file), within))
    found.require_there()
    yield found

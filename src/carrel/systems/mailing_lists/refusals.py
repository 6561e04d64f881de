"""What goes wrong on the way to a mailing tool, as one of our errors; no word of the tool's own is passed on."""

from __future__ import annotations

from http import HTTPStatus

from carrel.consent import faults
from carrel.errors import CarrelError, fault
from carrel.inventory.mailing_list import MailingList
from carrel.systems.service_way import said_plainly

MOST_BYTES = 16 << 20
_REDIRECT = 3


def refused(at: str) -> CarrelError:
    """A no to whoever asks."""
    return fault(
        faults.LIST_LOGIN,
        at=at,
        found="a no to this user and password",
        fix="write the right one into the file that 'password_file' of the site file names",
    )


def unreached(one: MailingList, wrong: Exception) -> CarrelError:
    """A connection that could not be made, or was lost."""
    return fault(
        faults.LIST_AWAY,
        at=f"mailing list {one.name}",
        wanted=f"a tool behind '{one.address.scheme}' of 'url'",
        found=said_plainly(wrong),
        because="the list is read back, and nothing is told of it that was not read",
        changed="perhaps some members; what is missing is done the next time",
        fix="when the tool is there again: `carrel mailing-list apply`, or the next night",
    )


def busy(at: str, status: int) -> CarrelError:
    """A tool that could not answer now."""
    return fault(
        faults.LIST_AWAY,
        at=at,
        found=f"the answer {status}",
        changed="perhaps some members; what is missing is done the next time",
        fix="when the tool works again: `carrel mailing-list apply`, or the next night",
    )


def no_list(at: str) -> CarrelError:
    """The tool has no list of that name."""
    return fault(
        faults.LIST_ANSWER,
        at=at,
        wanted="a list of the name at 'list' in the site file",
        found="none",
        fix="write the id of the list, such as news.lists.example: the tool shows it as List-Id",
    )


def strange(at: str, status: int, *, large: bool = False) -> CarrelError:
    """An answer that the interface does not know; nothing of its text is passed on."""
    redirect = status // 100 == _REDIRECT
    if redirect:
        found = "a redirect to another place"
    elif large:
        found = f"an answer of more than {MOST_BYTES >> 20} MiB"
    elif status in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
        found = "an answer of another shape"
    else:
        found = f"the answer {status}"
    return fault(
        faults.LIST_ANSWER,
        at=at,
        wanted="the REST interface of GNU Mailman 3, version 3.1",
        found=found,
        because="whoever answers there would be given the password" if redirect else "",
        changed="perhaps some members; what is missing is done the next time",
        fix="compare 'url' in the site file with what `mailman info` prints where the tool runs",
    )

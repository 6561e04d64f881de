"""Where a browser is led before a staff page answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException

if TYPE_CHECKING:
    from carrel.web.staff_visit import StaffVisit


class SentOn(Exception):  # noqa: N818  (no error: where the browser goes on)
    """The browser is to open another page first: to sign in, or to show once more who it is."""

    def __init__(self, here: StaffVisit, page: str, query: str = "") -> None:
        super().__init__(page)
        self.here, self.page, self.to = here, page, here.address(page + query)


class FormOfBefore(HTTPException):
    """A form of an earlier session of the same person, who signed in anew beside it."""

    def __init__(self, here: StaffVisit) -> None:
        super().__init__(403)
        self.here = here

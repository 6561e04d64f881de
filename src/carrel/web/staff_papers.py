"""Papers of a case: sealed while they arrive, given back as a file that no browser opens, to the case's people only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from fastapi import HTTPException, Request
from starlette.responses import Response, StreamingResponse

from carrel.errors import CarrelError
from carrel.store.disclosure_documents import LARGEST, DisclosureDocuments, Filed
from carrel.web import forms
from carrel.web.case_sheet import sheet
from carrel.web.paper_stream import PaperStream
from carrel.web.staff_cases import PROBLEMS, case_page, done
from carrel.web.staff_visit import StaffHere, staff_pages

router = staff_pages()
AT = r"/staff/[a-z]{2}/cases/[^/]{1,64}/papers"  # the one address at which more than a form is taken
MOST = LARGEST + 64 * 1024  # bytes of the form around the largest paper
_AT_ONCE = 4  # papers that arrive: each keeps a worker busy
_arriving = threading.BoundedSemaphore(_AT_ONCE)


@router.post("/cases/{case_id}/papers")
def put(here: StaffHere, case_id: str, request: Request) -> Response:
    """Put a paper in; what it is called and what it claims to be is not kept.

    Raises:
        HTTPException: 403, no form of this session; 413, 422; 429, others arrive just now.
    """
    sheet(here, case_id)
    stream = PaperStream(request)
    with _place():
        stream.open_file()
        here.require_own_form(stream.fields.get(forms.FIELD, ""))
        if not stream.chosen:
            return case_page(here, case_id, "missing")
        paper, desk = stream.fields.get("paper", ""), here.premises.staff.cases
        return done(here, case_id, lambda: desk.file(here.who.name, case_id, cast("BinaryIO", stream), paper))


@router.get("/cases/{case_id}/papers/{document}")
def get(here: StaffHere, case_id: str, document: str) -> Response:
    """Give a paper back, as it was put in. It is read once before the first byte is sent: none comes in part.

    Raises:
        HTTPException: 404, no such case or paper of which this person may know.
    """
    found = next((one for one in sheet(here, case_id).documents if one.term("document") == document), None)
    if found is None:
        raise HTTPException(404)
    filed = Filed(document, int(found.term("size")), found.term("digest"))
    documents = DisclosureDocuments(here.premises.site.folder)
    try:
        for _ in documents.read(case_id, filed):
            pass
    except CarrelError as wrong:
        if wrong.code not in PROBLEMS:
            raise
        return case_page(here, case_id, PROBLEMS[wrong.code])
    return StreamingResponse(
        documents.read(case_id, filed), media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{document}.bin"', "Content-Length": str(filed.size)},
    )  # fmt: skip


@contextmanager
def _place() -> Iterator[None]:
    if not _arriving.acquire(blocking=False):
        raise HTTPException(429)
    try:
        yield
    finally:
        _arriving.release()

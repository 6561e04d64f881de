"""The API for programs: what everybody may know, described by OpenAPI, with one shape of error."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from carrel.web.kept import kept
from carrel.web.premises import Premises
from carrel.web.shared_pages import SharedPages

router = APIRouter(prefix="/api/v1")


class Period(BaseModel):
    """A period, as the policy writes it."""

    amount: int = Field(ge=0)
    unit: str


class KeptRule(BaseModel):
    """How long one kind of record is kept."""

    record: str
    says: str
    which: str = Field(description="Which of these records; empty for all.")
    keep: Period | None = Field(description="After `until`; null where the policy promises in words.")
    until: list[str]
    then: str
    promised: str
    clauses: list[str]
    stays: str = Field(description="What of a reader stays with it after that, made coarser; empty for nothing.")


class PolicyInForce(BaseModel):
    """The policy, and every rule of it."""

    format_version: int = 1
    library: str
    policy: str
    version: str
    digest: str
    in_force_from: date
    next_review_by: date
    kept: list[KeptRule]


@router.get("/policy", response_model=PolicyInForce)
def policy(request: Request) -> Response:
    """What is kept, and for how long."""
    premises: Premises = request.app.state.premises.current()
    shared: SharedPages = request.app.state.shared
    return shared.document(request, premises, "/api/v1/policy", lambda: in_force(premises).model_dump_json())


def in_force(premises: Premises) -> PolicyInForce:
    """The policy as the API tells it."""
    own = premises.policy
    return PolicyInForce(
        library=premises.site.library, policy=own.name, version=own.version, digest=own.digest,
        in_force_from=own.approved, next_review_by=own.review_by,
        kept=[
            KeptRule(
                record=one.record, says=one.says, which=one.which, until=list(one.until), then=one.then,
                promised=one.promised, clauses=list(one.clauses), stays=one.stays,
                keep=None if one.keep is None else Period(amount=one.keep.amount, unit=str(one.keep.unit)),
            )
            for one in kept(own)
        ],
    )  # fmt: skip

"""Whoever else has to do something for a request: recipients, controllers, vendors with signed receipts."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.request_desk import told
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.screen import say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, fault
from carrel.inventory.site import May
from carrel.rights import faults
from carrel.rights.admission import may
from carrel.rights.event import Act, Event
from carrel.rights.request import LONGEST_WORDS, Route
from carrel.rights.vendor_receipt import DOMAIN, LONGEST, SIGNATURE, Status, parted, receipt_of, request_id
from carrel.systems.vendor_signature import require_signed

if TYPE_CHECKING:
    from carrel.rights.standing import Standing


def tell_one(
    *,
    identity: str,
    task: str | None,
    controller: str | None,
    recipient: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Write down that somebody was told.

    Raises:
        CarrelError: HLD-006, RGT-011, RGT-012; RGT-014, not exactly one of a task, a controller and a recipient, or a
            controller that the policy does not name.
    """
    site = open_site(site_path)
    by, rules, at = allowed(site, name, May.REQUESTS).name, rules_of(site), now()
    with open_store(site) as store:
        here = rules.standing(store.requests.request(identity), at)
        terms = _terms(rules, here, task, controller, recipient)
        store.requests.add(identity, Event(Act.TOLD, at, by, terms))
        told(store, rules, identity, as_json=as_json)


def take_receipt(
    *,
    identity: str,
    task: str,
    place: Path,
    vendor: str,
    signature: Path | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> int:
    """Check a vendor's receipt, keep it, and end the task where it says that all is done.

    Raises:
        CarrelError: HLD-006, RGT-011, RGT-012, RGT-014; RGT-021 to RGT-023, it is none, names somebody by a weak hash,
            or is not signed by this vendor. Then nothing was kept.
    """
    site = open_site(site_path)
    by, rules, at = allowed(site, name, May.REQUESTS).name, rules_of(site), now()
    known = site.vendors.get(vendor)
    if known is None:
        raise _missing("--vendor-key", f"one of `vendors:` in the site file: {', '.join(site.vendors) or 'none'}")
    headers, body = parted(_bytes(place))
    given = headers.get(SIGNATURE, "") if signature is None else _bytes(signature).decode("latin-1").strip()
    require_signed(known.key, known.domain if headers else "", headers.get(DOMAIN, ""), given, body, at)
    with open_store(site) as store:
        here = rules.standing(store.requests.request(identity), at)
        found = here.task(task)
        if found is None or found.to != vendor:
            raise fault(
                faults.NOT_NOW,
                at=identity,
                wanted=f"a task that waits for {vendor}",
                found="no such task" if found is None else "one that waits for somebody else",
                fix="look it up with `carrel request show`",
            )
        receipt = receipt_of(body, request_id(identity, task))
        kept = _kept(body, given, known.key.read_bytes())
        if receipt.status is Status.COMPLETED:
            store.requests.add(identity, Event(Act.REPLIED, at, by, {"task": task, "receipt": receipt.status}), kept)
        else:
            may(here, Act.NOTED)
            store.requests.add(identity, Event(Act.NOTED, at, by, {"task": task, "receipt": receipt.status}), kept)
        if not as_json:
            say(f"The receipt is signed by {vendor}, and says: {receipt.status}.")
        told(store, rules, identity, as_json=as_json)
    return int(Exit.DONE if receipt.status is Status.COMPLETED else Exit.FINDINGS)


def _terms(
    rules: Rules, here: Standing, task: str | None, controller: str | None, recipient: str | None
) -> dict[str, str]:
    given = [one for one in (task, controller, recipient) if one is not None]
    if len(given) != 1:
        raise _missing("carrel request tell", "a task, or --controller, or --recipient")
    if task is not None:
        return {"task": task}
    if controller is not None and controller not in {one.name for one in rules.clocks.controllers}:
        names = ", ".join(one.name for one in rules.clocks.controllers) or "none"
        raise _missing("--controller", f"one of the policy's `controllers:` ({names})")
    route = Route.RECIPIENT if controller is None else Route.CONTROLLER
    return {"task": f"t{len(here.tasks) + 1}", "kind": str(route), "to": given[0]}


def _kept(body: bytes, signature: str, key: bytes) -> str:
    """The evidence as it is sealed: signature, which key it fits, and the body to the byte, unless it is too long."""
    lines = [
        f"X-OpenDSR-Signature: {signature}",
        f"SHA-256 of the vendor's key file: {hashlib.sha256(key).hexdigest()}",
        f"SHA-256 of the body: {hashlib.sha256(body).hexdigest()}",
    ]
    whole = "\n".join([*lines, f"body in base64: {base64.b64encode(body).decode()}"])
    return whole if len(whole) <= LONGEST_WORDS else "\n".join([*lines, f"body: {len(body)} bytes, not kept"])


def _bytes(place: Path) -> bytes:
    try:
        with place.open("rb") as file:
            found = file.read(LONGEST + 1)
    except OSError:
        found = b""
    if not found or len(found) > LONGEST:
        raise fault(
            faults.RECEIPT,
            at=str(place),
            wanted="a file of at most a million bytes that you may read",
            found="a longer one" if found else "nothing that can be read",
            fix="name the answer as the vendor sent it",
        )
    return found


def _missing(at: str, wanted: str) -> CarrelError:
    return fault(faults.REASON, at=at, wanted=wanted, found="something else", fix="name it")

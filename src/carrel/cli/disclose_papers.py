"""Documents of a case from the command line: put in, and written out again."""

from __future__ import annotations

import os
from pathlib import Path

from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.cli.screen import put_json, say
from carrel.cli.store_place import open_store
from carrel.disclosure import faults
from carrel.disclosure.event import Act
from carrel.errors import fault
from carrel.store.disclosure_documents import DisclosureDocuments, Filed
from carrel.systems.nameless_file import nameless


def add_one(*, identity: str, place: Path, paper: str, name: str, site_path: Path, as_json: bool) -> None:
    """Put a file into a case.

    Raises:
        CarrelError: DSC-001, DSC-005, DSC-015, DSC-022.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    try:
        source = place.open("rb")
    except OSError as wrong:
        raise fault(
            faults.DOCUMENT_BROKEN, at=place.name, wanted="a file that can be read",
            found=os.strerror(wrong.errno or 0), fix="name another",
        ) from None  # fmt: skip
    with source, open_store(site) as store:
        filed = store.disclosures.file(identity, source, paper, viewer_of(site, store, rules, name))
    if as_json:
        put_json({"document": {"id": filed.id, "size": filed.size, "digest": filed.digest}})
    else:
        say(f"{filed.id}: {paper}, {filed.size} bytes, sealed.")


def get_one(*, identity: str, document: str, out: Path, name: str, site_path: Path, as_json: bool) -> None:
    """Write a document into a new file of mode 0600; where it is not whole, no file is left.

    Raises:
        CarrelError: DSC-001, DSC-016, DSC-022; RGT-005.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        case, _ = store.disclosures.case(identity, viewer_of(site, store, rules, name))
    found = next((one for one in case.events if one.act is Act.FILED and one.term("document") == document), None)
    if found is None:
        raise fault(
            faults.DOCUMENT_BROKEN, wanted="a document of this case", found="none of that name",
            fix="look at `carrel disclose show`",
        )  # fmt: skip
    filed = Filed(document, int(found.term("size")), found.term("digest"))
    with nameless(out) as target:  # whoever is killed leaves nothing in the clear, and no link is followed
        for piece in DisclosureDocuments(site.folder).read(identity, filed):
            target.write(piece)
    if as_json:
        put_json({"document": {"id": filed.id, "size": filed.size, "out": str(out)}})
    else:
        say(f"Written to {out}. It lies there in the clear.")

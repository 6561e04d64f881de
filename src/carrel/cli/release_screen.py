"""How releases on record are shown: the list, and one of them with its figures and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.at_site import now, open_site
from carrel.cli.screen import at_site, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.deidentification.releases.outbox import Outbox
    from carrel.deidentification.releases.release import ReleasedFile
    from carrel.deidentification.releases.standing import Standing

_SHORT = 8  # hex digits of a digest by which a record is named
_UNMEASURED = "not measured"
_RECORD = "carrel release record FILE --as NAME --for PURPOSE --to RECIPIENT"


def tell_all(site_path: Path, *, as_json: bool) -> int:
    """Every release once, the newest first."""
    found, boxes = _standings(site_path)
    if as_json:
        folders = [{"folder": one.place, "unrecorded": list(one.unrecorded), "read": not one.unread} for one in boxes]
        put_json({"releases": [_as_dict(one) for one in found], "folders": folders})
        return _code(found, boxes)
    if not found:
        say(f"Nothing is on record: --record of carrel stats and carrel deidentify, or `{_RECORD}`")
    else:
        rows = [
            (
                one.release.digest[:_SHORT], one.release.name, one.release.measured.kind.value, one.risk or _UNMEASURED,
                f"{one.release.at:%Y-%m-%d}", one.release.occasion.recipient, one.release.occasion.purpose,
            )
            for one in found
        ]  # fmt: skip
        put_table("What left the house", ("record", "release", "kind", "class", "on", "to", "for"), rows)
        for one in found:
            for why in one.against:
                put_line(f"{one.release.name} ({one.release.digest[:_SHORT]}): {why}.", "  - ")
    for box in boxes:
        for name in box.unrecorded:
            put_line(f"{box.place}: {name} is not on record as it is.", "  - ")
        if box.unrecorded:
            put_line(f"Put on record what left: `{_RECORD}`.", "  ")
        if box.unread:
            put_line(f"{box.place}: not there, or something in it cannot be read.", "  - ")
    return _code(found, boxes)


def _code(found: Sequence[Standing], boxes: Sequence[Outbox]) -> int:
    open_points = any(one.against for one in found) or any(one.unrecorded or one.unread for one in boxes)
    return int(Exit.FINDINGS if open_points else Exit.DONE)


def tell_one(site_path: Path, which: str, *, as_json: bool) -> int:
    """One release, with its files as they are now; where several are called so, each with its record.

    Raises:
        CarrelError: RLS-002.
    """
    named = [one for one in _standings(site_path)[0] if one.release.name == which or _is_record(one, which)]
    if not named:
        raise _no_release(which)
    if len(named) > 1:
        return _tell_several(named, as_json=as_json)
    one = named[0]
    files = {file.place: _file_now(file) for file in one.release.files}
    changed = "changed" in files.values()
    if as_json:
        put_json({**_as_dict(one), "files_now": files})
    else:
        _put(one, files)
    return int(Exit.FINDINGS if changed or one.against else Exit.DONE)


def _tell_several(named: Sequence[Standing], *, as_json: bool) -> int:
    if as_json:
        put_json({"several": [_as_dict(one) for one in named]})
    else:
        rows = [
            (
                one.release.digest[:_SHORT], one.risk or _UNMEASURED, f"{one.release.at:%Y-%m-%d %H:%M}",
                one.release.occasion.recipient, one.release.occasion.purpose,
            )
            for one in named
        ]  # fmt: skip
        put_table(f"Releases called {named[0].release.name}", ("record", "class", "on", "to", "for"), rows)
        put_line(f"Name one by its record: `carrel release show {named[0].release.digest[:_SHORT]}{at_site()}`.")
    return int(Exit.FINDINGS if any(one.against for one in named) else Exit.DONE)


def _put(one: Standing, files: dict[str, str]) -> None:
    release, measured = one.release, one.release.measured
    risk = "not measured" if one.risk is None else f"class {one.risk}"
    say(f"{release.name}: {measured.kind}, {risk}")
    put_line(f"Recorded on {release.at:%Y-%m-%d %H:%M} UTC by {release.by}, for {release.occasion.recipient}.", "  ")
    put_line(f"For: {release.occasion.purpose}.", "  ")
    for head, told in (("Of", release.occasion.record_type), ("Silo", release.occasion.silo)):
        if told:
            put_line(f"{head}: {told}.", "  ")
    rows = [("threshold", measured.threshold), *((name, str(told)) for name, told in measured.figures.items())]
    put_table("", ("figure", "as measured"), rows)
    put_table("", ("file", "now"), list(files.items()))
    for why in one.against:
        put_line(f"{why}.", "  - ")
    put_line(f"In the ledger as release_digest {release.digest}.")


def _file_now(file: ReleasedFile) -> str:
    from carrel.cli.release_record import digest_of

    place = Path(file.place)
    if not place.is_file():
        return "not there"
    try:
        return "as it left" if digest_of(place) == file.sha256 else "changed"
    except CarrelError:
        return "cannot be read"


def _standings(site_path: Path) -> tuple[tuple[Standing, ...], tuple[Outbox, ...]]:
    from carrel.cli.outboxes import outboxes
    from carrel.deidentification.releases.standing import standings

    site = open_site(site_path)
    with open_store(site) as store:
        releases, measurements = store.releases.all(), store.risks.all()
    return standings(releases, measurements, now()), outboxes(site, releases)


def _is_record(one: Standing, which: str) -> bool:
    return len(which) >= _SHORT and one.release.digest.startswith(which)


def _as_dict(one: Standing) -> dict[str, Any]:
    told = one.release.as_dict()
    return {**told, "class_now": None if one.risk is None else one.risk.value, "against": list(one.against)}


def _no_release(which: str) -> CarrelError:
    from carrel.deidentification.releases import faults

    return fault(
        faults.NO_RELEASE,
        at="RECORD|NAME",
        wanted=f"the name of a release, or the first {amount(_SHORT, 'digit')} and more of its record",
        found=which,
        fix="`carrel release list` shows them",
    )

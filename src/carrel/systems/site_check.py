"""Checks of a site's own files: secrets and keys that others could read, room on the disk, people, places outside."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.inventory.faults import DUTIES_DIFFER
from carrel.inventory.site import Mail, May, Site
from carrel.systems import branch_policies, policy_files, secret
from carrel.systems.check import Check, finding, ok, refused, unknown
from carrel.systems.consent.change_folder import waiting
from carrel.systems.consent.text_folder import read_texts

_LITTLE, _TOO_LITTLE = 2 << 30, 200 << 20
_MAIL_SECONDS = 5
_TWO = 2
_KEY_BYTES = 32


def site_checks(site: Site) -> Iterator[Check]:
    """What is to be said of the files, people and places of a site; its databases are not opened."""
    count = len(site.systems)
    yield ok("site file", f"{amount(count, 'system')}, {amount(len(site.people), 'person', 'people')}")
    yield _policy(site)
    yield from _branches(site)
    yield from _secrets(site)
    yield from _keys(site.folder / "keys")
    yield from _sealing_keys(site)
    yield from _consent_folders(site)
    yield _room(site.folder)
    yield _people(site)
    yield from _outside(site)
    if site.mail is not None:
        yield _mail_server(site.mail)


def said(error: CarrelError, name: str) -> Check:
    """A check that ended in one of our errors."""
    first = error.faults[0]
    parts = [first.condition.code, first.condition.title, first.at, first.found]
    return refused(name, ": ".join(part for part in parts if part), first.fix)


def _policy(site: Site) -> Check:
    try:
        policy = policy_files.load(site.policy)
        rules = len(policy.loan_schedule().rules)
    except CarrelError as error:
        return said(error, "policy")
    return ok("policy", f"{policy.name}, version {policy.version}, {amount(rules, 'rule')} for loans")


def _branches(site: Site) -> Iterator[Check]:
    """Each policy of a unit is read for itself, so that one bad file does not hide another."""
    for said_of in dict.fromkeys(one.policy for one in site.branches):
        try:
            policy = policy_files.load(said_of)
            policy.loan_schedule()
        except CarrelError as error:
            yield said(error, "policy of a unit")
    for system in site.originals:
        try:
            branch_policies.load(site, system)
        except CarrelError as error:
            if error.code == DUTIES_DIFFER.code:
                yield said(error, "policies of units")


def _secrets(site: Site) -> Iterator[Check]:
    for system in site.systems:
        for place in (system.dsn_file, system.apply_dsn_file, system.replica.dsn_file if system.replica else None):
            if place is not None:
                yield _secret(place)
    if site.store is not None and site.store.dsn_file is not None:
        yield _secret(site.store.dsn_file)
    if site.mail is not None and site.mail.password_file is not None:
        yield _secret(site.mail.password_file)
    for place in dict.fromkeys(one.password_file for one in site.mailing_lists):
        yield _secret(place)


def _secret(place: Path) -> Check:
    try:
        secret.from_file(place)
    except CarrelError as error:
        return said(error, "secret")
    return ok("secret", f"{place.name}: only its owner can read it")


def _keys(folder: Path) -> Iterator[Check]:
    if not folder.is_dir():
        yield ok("keys", "none yet; the first run makes the ledger's")
        return
    private = [place for place in sorted(folder.iterdir()) if place.is_file() and place.suffix != ".vkey"]
    open_to_others = [p for p in private if p.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    for place in open_to_others:
        yield refused("keys", f"{place.name} can be read by others", f"chmod 600 {place}, and make a new key")
    if not open_to_others:
        yield ok("keys", f"{len(private)} private keys that only their owner can read")


def _sealing_keys(site: Site) -> Iterator[Check]:
    """Keys that whole kinds of record rest on: each beside the store, for its owner alone, in a folder of its own."""
    for name, what in (
        ("consent", "key of consents"), ("portal", "key of sessions"), ("requests", "key of requests"),
        ("staff", "key of staff's codes"),
    ):  # fmt: skip
        if (site.folder / name).is_dir():
            yield _sealing_key(site.folder / name / "key", name, what)


def _sealing_key(place: Path, name: str, what: str) -> Check:
    try:
        folder, key = place.parent.stat(), place.stat()
    except OSError as wrong:
        why = os.strerror(wrong.errno or 0)
        return finding(what, f"{name}/key: {why}", "put the file back from a copy of the site's folder")
    if key.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return refused(what, f"{name}/key can be read by others", f"chmod 600 {place}")
    if folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return refused(what, f"others may write into the folder {name}", f"chmod 700 {place.parent}")
    if key.st_size != _KEY_BYTES or not stat.S_ISREG(key.st_mode):
        return refused(what, f"{name}/key is no key", "put the file back from a copy of the site's folder")
    if key.st_uid != os.geteuid():
        return finding(what, f"{name}/key belongs to another account", f"chown it to the one that runs Carrel: {place}")
    return ok(what, f"{name}/key: only its owner can read it")


def _consent_folders(site: Site) -> Iterator[Check]:
    texts, changes = site.consent.texts, site.consent.changes
    if texts is not None:
        try:
            yield ok("texts of consents", amount(len(read_texts(texts)), "text"))
        except CarrelError as error:
            yield said(error, "texts of consents")
    name = "folder for mailing tools"
    if changes is None:
        return
    if not changes.is_dir() or not os.access(changes, os.W_OK | os.X_OK):
        fix = "make it, and let this account write there; or mend 'consent: {changes: FOLDER}'"
        yield finding(name, f"{changes} is not there, or this account may not write into it", fix)
    elif changes.stat().st_mode & stat.S_IWOTH:
        fix = f"chmod o-w {changes}: what tools believe is read there"
        yield finding(name, f"anybody may write into {changes}", fix)
    else:
        left = amount(len(waiting(changes)), "file waits", "files wait")
        yield ok(name, f"can be written; {left} for a tool to take it away")


def _room(folder: Path) -> Check:
    there = next((one for one in (folder, *folder.parents) if one.exists()), None)
    if there is None:
        return unknown("disk", "there is no such place", "mend 'folder' in the site file")
    free = shutil.disk_usage(there).free
    detail = f"{free / (1 << 30):.1f} GiB free for Carrel's records"
    if free < _TOO_LITTLE:
        return refused("disk", detail, "make room: the journal must be written before a row is cut")
    return finding("disk", detail, "make room") if free < _LITTLE else ok("disk", detail)


def _people(site: Site) -> Check:
    approvers = site.allowed(May.APPROVE)
    if not approvers:
        fix = "add a person with a public key and 'may: [approve]'"
        return finding("people", "nobody may approve, so no first run can be approved", fix)
    if len(site.people) < _TWO:
        fix = "add a second person: nobody approves a plan of their own"
        return finding("people", "one person cannot plan and approve", fix)
    return ok("people", f"{len(approvers)} of {len(site.people)} may approve")


def _outside(site: Site) -> Iterator[Check]:
    if not site.outside_copies:
        fix = "name a folder on another machine, or an address, under 'outside_copies'"
        yield finding("outside copies", "none: nobody outside could tell that the ledger was rewritten", fix)
    for copy in site.outside_copies:
        if copy.folder is None:
            yield ok("outside copies", "by mail")
        elif copy.folder.is_dir():
            yield ok("outside copies", f"{copy.folder} is there")
        else:
            yield finding("outside copies", f"{copy.folder} is not there", "mount it, or mend the site file")


def _mail_server(mail: Mail) -> Check:
    at = f"{mail.host}:{mail.port}"
    try:
        with socket.create_connection((mail.host, mail.port), timeout=_MAIL_SECONDS):
            return ok("mail", f"{at} answers")
    except OSError:
        return finding("mail", f"{at} does not answer", "look at the mail server, or mend 'mail' in the site file")

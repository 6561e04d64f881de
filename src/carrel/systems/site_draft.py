"""The first files of a site: ``carrel.yaml``, the address of its database, and a policy to edit."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from carrel.errors import fault
from carrel.inventory.system_map import SystemMap
from carrel.policy.json_schema import policy_schema
from carrel.systems import faults
from carrel.systems.secret import Secret
from carrel.systems.site_file import FILE, json_schema

GRANTS = "grants.sql"
_PRIVATE, _PUBLIC = 0o600, 0o644


@dataclass(frozen=True, slots=True)
class DraftFile:
    """One file to write; the text of a private one is never shown."""

    name: str
    text: str
    mode: int = _PUBLIC

    def __repr__(self) -> str:
        return f"DraftFile({self.name}, mode {self.mode:04o})"


def draft(
    system_map: SystemMap, *, library: str, dsn: Secret, policy: str, time_zone: str, declared: bool = False
) -> tuple[DraftFile, ...]:
    """The files of a new site.

    Args:
        system_map: of the product.
        library: name of the library.
        dsn: address of the database, for a file of its own.
        policy: name of a policy that ships with Carrel; the site gets a copy to edit.
        time_zone: declared IANA name.
        declared: sessions take that zone; else they keep the server's.
    """
    name = system_map.system
    return (
        DraftFile(FILE, _site(system_map, library, time_zone, declared=declared)),
        DraftFile(f"{name}.dsn", dsn.reveal() + "\n", _PRIVATE),
        DraftFile("policy.yaml", _policy(policy)),
        DraftFile("site.schema.json", json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"),
        DraftFile("policy.schema.json", json.dumps(policy_schema(), indent=2, sort_keys=True) + "\n"),
    )


def grants(lines: Iterable[str]) -> DraftFile:
    """The statements that make a site's two accounts; passwords are written into it, so nobody else may read it."""
    return DraftFile(GRANTS, "\n".join(lines) + "\n", _PRIVATE)


def free(folder: Path, names: Sequence[str]) -> None:
    """See that none of the files is there yet.

    Raises:
        CarrelError: SIT-003, one is; nothing has been written.
    """
    for name in names:
        if os.path.lexists(folder / name):
            raise fault(
                faults.EXISTS, at=str(folder / name), fix="name another folder with --folder, or move the file away"
            )


def write(folder: Path, files: Sequence[DraftFile]) -> list[Path]:
    """Write all files or none; a file that is there is never written over.

    Raises:
        CarrelError: SIT-003, one is there already; SIT-009, the folder cannot be written.
    """
    free(folder, [one.name for one in files])
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in files:
            place = folder / one.name
            # Exclusive, and with its mode from the first byte on: a secret is never readable for a moment.
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, one.mode)
            written.append(place)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(one.text)
    except OSError as exc:
        for place in written:
            with contextlib.suppress(OSError):
                place.unlink()
        found = os.strerror(exc.errno or 0)
        raise fault(faults.UNWRITABLE, at=str(folder), found=found, fix="name another folder with --folder") from None
    return written


def _policy(name: str) -> str:
    text = (resources.files("carrel.policy") / "shipped" / f"{name}.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("# yaml-language-server:")]
    return "# yaml-language-server: $schema=policy.schema.json\n" + "".join(lines)


def _site(system_map: SystemMap, library: str, time_zone: str, *, declared: bool) -> str:
    name = system_map.system
    session_zone = "session_zone: declared" if declared else "# session_zone: declared"
    jobs = "\n".join(
        f"#   {json.dumps(consumer.name)}: not used\n"
        f"#   {json.dumps(consumer.name)}: {{waived: {{by: NAME, reason: WHY, until: 2027-06-30}}}}"
        for consumer in system_map.consumers
        if consumer.destructive
    )
    return f"""\
# yaml-language-server: $schema=site.schema.json
# The site: which policy and systems this library has, who may do what, and when. See docs/site.md.
format_version: 1
library: {json.dumps(library, ensure_ascii=False)}

# The policy: a file, or the name of one that comes with Carrel (carrel policy --help lists them).
policy: policy.yaml

# Where Carrel keeps its own records, the ledger and keys. Paths are taken from the folder of this file.
folder: state
# They can also lie in a PostgreSQL database of their own; the folder keeps ledger, keys and capsules.
# store: {{dsn_file: store.dsn, schema: carrel}}

systems:
  - name: {name}
    map: {name}
    # The site's own tables and columns, and plugins: see docs/map.md.
    # local_map: maps/local.yaml
    # Address of the database for an account that only reads; mode 0600. Or dsn_env: NAME_OF_A_VARIABLE.
    dsn_file: {name}.dsn
    # An account that may also carry out; the reading one is taken where this is left out.
    # apply_dsn_file: {name}-apply.dsn
    # The zone in which {system_map.title} writes its times. Declared, never guessed.
    time_zone: {time_zone}
    # 'declared' where {system_map.title} sets the zone of its own sessions, else the server's is kept.
    {session_zone}
    # desk: small steps beside the open desk. window: fast, and only while the desk is closed.
    mode: desk
    # opening_hours:
    #   monday: ["09:00-20:00"]
    #   saturday: ["10:00-13:00", "14:00-16:00"]
    # blackout: ["2026-12-24 to 2027-01-02"]
    # max_plan_age: 24 hours
    # sweep_sample: 200
  # A copied database to rehearse the first plan on; it is planned for, carried out and audited by no other command.
  # - name: copy
  #   copy_of: {name}
  #   map: {name}
  #   dsn_file: copy.dsn
  #   apply_dsn_file: copy-apply.dsn
  #   time_zone: {time_zone}

# What lies outside these systems; each page of the documentation says what an entry holds.
# backups: []       # copies of the databases, expired by plan: docs/backups.md
# tables: []        # any table or CSV file with a clock; carrel scan proposes an entry: docs/tables.md
# mailboxes: []     # docs/mailboxes.md
# folders: []       # of files: docs/folders.md
# logs: []          # scrubbed line by line: docs/scrub.md
# log_services: []  # docs/log-services.md
# mailing_lists: [] # at mailing tools, kept as consents say: docs/mailing-lists.md
# stations:         # public computers: docs/stations.md

# Who may plan, approve, run, hold, stop or audit. Who approves needs a key: carrel key new --help.
people: []
#   - name: Ada Example
#     role: director
#     public_key: library.example/staff/ada+...
#     may: [approve, hold, stop]
#   - name: Ben Example
#     role: systems librarian
#     may: [plan, run, stop]
#   - name: Dee Example             # roles: director, privacy officer, systems librarian, custodian of records,
#     role: privacy officer         # counsel, staff, auditor, board
#     may: [requests, consent, export, staff]
# Who answers a paper of a court, and whom the desk rings: offices of legal process, docs/process.md.
#   - name: Ann Example
#     role: director
#     may: [custodian, authorised officer, plan]
#     phone: "+1 555 0100"
#   - name: Lou Example
#     role: counsel
#     may: [counsel]
# cases_since: 2026-01-01           # from this day on every such paper is written down as a case

# The pages for patrons and for the staff: docs/portal.md, docs/staff.md.
# portal:
#   address: https://privacy.library.example
#   sign_in: [{name}]
#   may_change: [contact details, notices, password]   # carrel doctor tells the rights that this needs
# consent: {{texts: texts, changes: changes}}            # carrel consent texts --examples texts: docs/consent.md

# Jobs that read what a plan changes. One that would do harm blocks every plan until it is declared.
consumers: {{}}
{jobs}

# Each night's signed checkpoint goes to at least one place outside.
outside_copies: []
#   - folder: /srv/carrel-copies
#   - mail: board@library.example

# mail:
#   host: mail.library.example
#   port: 587
#   encryption: starttls
#   from: carrel@library.example
#   to: [privacy@library.example]
#   username: carrel
#   password_file: mail.password

# How long an approval of every night may last.
standing_approval: {{at_most: 90 days}}
"""

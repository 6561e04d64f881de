"""The invented library of the demo: its folder, its database, its site file and its approver's key."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.option_values import writing

if TYPE_CHECKING:
    from carrel.ledger.note import Signer


MARK = ".made-by-carrel-demo"
SEED = 20_261_122
PLANNER = "Ada"
APPROVER = "Grace"
ZONE = "America/New_York"
SITE = """\
library: Sample Town Library
policy: {policy}
systems:
  - name: koha
    map: koha
    dsn_file: koha.dsn
    time_zone: {zone}
    mode: window
people:
  - {{name: {planner}, role: systems librarian, may: [plan, run, requests, consent, export, staff]}}
  - {{name: {approver}, role: privacy officer, may: [approve, audit, staff], public_key: {key}}}
  - {{name: Ida, role: director, may: [authorised officer, custodian, plan], phone: "555 0100"}}
  - {{name: Lou, role: counsel, may: [counsel], phone: "555 0101"}}
  - {{name: Dee, role: staff}}
cases_since: {today}
consumers:
  delete_patrons.pl --not_borrowed_since: not used
portal:
  address: "http://127.0.0.1:{port}"
  sign_in: [koha]
  may_change: [contact details, notices, password]
consent: {{texts: texts, changes: changes}}
"""
PORT = 8000


def clear(folder: Path) -> None:
    """Make the folder anew, if it is empty or an earlier demo made it.

    Raises:
        CarrelError: RUN-011, it holds something else.
    """
    from carrel.errors import fault
    from carrel.retention import faults

    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise fault(
            faults.DEMO_FOLDER,
            at=str(folder),
            wanted="a folder that is empty, or that an earlier demo made",
            found="other files",
            fix="name another folder with --folder",
        )
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    with writing(folder):
        folder.mkdir(parents=True)
        (folder / MARK).touch()


def build_site(folder: Path, policy: str, size: str, port: int) -> tuple[Signer, str, str]:
    """Build database and site file.

    Args:
        folder: empty but for the demo's mark.
        policy: name of a shipped one.
        size: ``tiny`` or ``demo``.
        port: at which its pages will be served.

    Returns:
        Who approves; and of a patron with many loans the card and the password.
    """
    from sqlalchemy import create_engine

    from carrel.cli.premises import now
    from carrel.cli.progress import Progress
    from carrel.ledger.note import Signer
    from carrel.store.key_file import write_key
    from carrel.systems import policy_files
    from carrel.systems.consent.text_folder import write_examples
    from carrel.systems.sample import SampleSize, build
    from carrel.systems.sample.signing_in import let_sign_in, offer_notices

    policy_files.require_shipped(policy)
    wanted = SampleSize.named(size)
    progress = Progress("loans", wanted.loans)
    engine = create_engine(f"sqlite:///{folder.absolute() / 'koha.db'}")
    build(engine, wanted, SEED, now(), lambda done, _: progress.at(done))
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    card = let_sign_in(engine, password)
    offer_notices(engine)
    engine.dispose()
    progress.done()
    signer = Signer.generate("sample.example/staff/grace", secrets.token_bytes(32))
    write_key(folder / "keys" / "grace.key", signer)
    address = folder / "koha.dsn"
    address.touch(mode=0o600)
    address.write_text(f"sqlite:///{folder.absolute() / 'koha.db'}\n", encoding="utf-8")
    write_examples(folder / "texts", policy_files.load(policy).body.purposes)
    (folder / "changes").mkdir(exist_ok=True)
    text = SITE.format(policy=policy, zone=ZONE, planner=PLANNER, approver=APPROVER, key=signer.vkey, port=port,
                       today=now().date().isoformat())  # fmt: skip
    (folder / "carrel.yaml").write_text(text, encoding="utf-8")
    return signer, card, password

"""``carrel ledger verify`` and ``cosign``: what somebody does who does not run the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from carrel.amount import amount
from carrel.cli.ledger_words import checkpoint_told, file_text, folder_option, json_option, tell
from carrel.cli.option_values import ANY_FILE, ANY_FOLDER, FILE, TEXT_OR_FILE


@click.command(epilog="Example: carrel ledger verify ledger --key ledger.vkey --checkpoint outside/640.note")
@click.argument("folder", type=ANY_FOLDER)
@click.option(
    "--key",
    "key_said",
    type=TEXT_OR_FILE,
    metavar="KEY",
    required=True,
    help="The ledger's public key, from elsewhere than the folder: its text or its .vkey file.",
)
@click.option(
    "--checkpoint",
    "known",
    multiple=True,
    type=FILE,
    help="A signed checkpoint that somebody kept, of any age. May be given several times.",
)
@click.option(
    "--witness",
    "witnesses",
    type=TEXT_OR_FILE,
    multiple=True,
    metavar="KEY",
    help="A witness's public key: it must have cosigned the checkpoint here or one given with --checkpoint.",
)
@click.option("--leaves", is_flag=True, help="Also check that each leaf is of an allowed form.")
@json_option
def verify(
    *, folder: Path, key_said: str, known: tuple[Path, ...], witnesses: tuple[str, ...], leaves: bool, as_json: bool
) -> None:
    """Check every byte against the signed checkpoint.

    Needs the folder and the public key and nothing else. Ends with 5 if anything does not fit, and names the file and
    the range of leaves.
    """
    from carrel.store.key_file import read_verifier
    from carrel.store.ledger_folder import LedgerFolder

    verifier = read_verifier(key_said)
    older = [file_text(path) for path in known]
    bar = click.progressbar(length=0, label="leaves", file=sys.stderr, hidden=not sys.stderr.isatty())

    def progress(done: int, size: int) -> None:
        bar.length = size
        bar.update(done - bar.pos)

    with bar:
        found = LedgerFolder(folder).verify(verifier, older, read_leaves=leaves, progress=progress)
    cosigned = _cosigned([LedgerFolder(folder).checkpoint_text(), *older], witnesses)
    told = {
        "verified": True,
        "folder": str(folder),
        **checkpoint_told(found.checkpoint),
        "files": found.files,
        "continues": list(found.known),
        "cosigned": cosigned,
        "interrupted": found.interrupted,
        "kinds": found.kinds,
    }
    entries, files = amount(found.checkpoint.size, "leaf", "leaves"), amount(found.files, "file")
    lines = [f"{found.checkpoint.origin}: {entries} in {files} hold"]
    lines.extend(f"continues the checkpoint of {amount(size, 'leaf', 'leaves')}" for size in found.known)
    lines.extend(
        f"cosigned by {one['witness']} at {one['at']}, {amount(one['size'], 'leaf', 'leaves')}" for one in cosigned
    )
    lines.extend(f"{number:>9} {kind}" for kind, number in sorted(found.kinds.items()))
    if not found.known and not cosigned:
        lines.append("no older checkpoint was given: this shows one whole ledger, not that it was never replaced")
    if found.interrupted:
        lines.append("an append was cut short; the next one finishes it")
    tell(told, "\n".join(lines), as_json)


@click.command(epilog="Example: carrel ledger cosign /srv/witness --key w.key --log-key library.vkey -f /srv/copy")
@click.argument("target", type=ANY_FOLDER)
@folder_option
@click.option("--key", "key_file", required=True, type=ANY_FILE, help="The witness's private key.")
@click.option("--passphrase-file", type=ANY_FILE, help="File with the key's passphrase.")
@click.option(
    "--log-key", "key_said", required=True, type=TEXT_OR_FILE, metavar="KEY", help="The public key of the ledger."
)
@json_option
def cosign(
    *, target: Path, folder: Path, key_file: Path, passphrase_file: Path | None, key_said: str, as_json: bool
) -> None:
    """As a witness, check a ledger and cosign it.

    Checks every byte of the ledger, and that it continues every checkpoint that lies in TARGET/checkpoints, where the
    cosigned checkpoint is then laid. Run it at the witness, on a copy of the folder, with a key that is used for
    nothing else.
    """
    from datetime import UTC, datetime

    from carrel.ledger.cosignature import cosign as cosign_note
    from carrel.store.key_file import read_passphrase, read_signer, read_verifier
    from carrel.store.ledger_folder import LedgerFolder
    from carrel.store.outside_copy import copy_outward, outside_copies

    signer = read_signer(key_file, read_passphrase(passphrase_file))
    book = LedgerFolder(folder)
    note = book.checkpoint_text()
    kept = [file_text(path) for path in outside_copies(target)]
    # The checkpoint that was read is itself among the known ones: a folder that grows meanwhile changes nothing.
    book.verify(read_verifier(key_said), [*kept, note])
    now = datetime.now(UTC)
    place = copy_outward(book, target, now, cosign_note(note, signer, now))
    tell({"file": str(place), "witness": signer.name}, str(place), as_json)


def _cosigned(notes: list[str], said: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the named witnesses said under these checkpoints; each must have said something."""
    from carrel.errors import fault
    from carrel.ledger import faults
    from carrel.ledger.checkpoint import parse_checkpoint
    from carrel.ledger.cosignature import cosigners_of
    from carrel.ledger.leaf import utc_seconds
    from carrel.ledger.note import parse_note
    from carrel.store.key_file import read_witness

    witnesses = [read_witness(one) for one in said]
    found = [
        {"witness": one.witness, "at": utc_seconds(one.at), "size": parse_checkpoint(parse_note(note).text).size}
        for note in notes
        for one in cosigners_of(note, witnesses)
    ]
    missing = {witness.name for witness in witnesses} - {str(one["witness"]) for one in found}
    if missing:
        raise fault(
            faults.NOT_COSIGNED,
            wanted=f"a cosignature of {', '.join(sorted(missing))}",
            found="none under the checkpoints at hand",
            fix="get the witness's checkpoint and name it with --checkpoint",
        )
    return found

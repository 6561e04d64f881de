"""A batch joined with what waits from earlier ones: what can go now goes, the rest waits."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carrel.deidentification.records import faults
from carrel.deidentification.records.batch_state import BatchState, asked, state_of
from carrel.deidentification.records.release import Batches, Release
from carrel.errors import CarrelError, fault
from carrel.systems.analytics.coarse_records import RELEASED, names_in
from carrel.systems.analytics.engine import quoted, told
from carrel.systems.analytics.record_coding import TAKEN
from carrel.systems.analytics.record_source import Records
from carrel.systems.durable_file import replace_file

KNOWN = "known_classes"


@contextmanager
def alone(said: Batches) -> Iterator[None]:
    """Hold the state, from before it is loaded until it is kept: two batches at once would each start from the same.

    Raises:
        CarrelError: REC-009, another run adds to it, or it cannot be held.

    Guarantees:
        The lock is of a file beside the state, which is replaced as a whole, and goes with the process.
    """
    state = said.state.resolve()
    try:
        handle = os.open(
            state.with_name(f".{state.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    except OSError:
        raise _unusable(state, "a place that cannot be written", "name another place with 'state:'") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _unusable(
                state, "another run that adds a batch to it now", "wait until it has ended; then give the command again"
            ) from None
        yield
    finally:
        os.close(handle)


def load(said: Batches, release: Release) -> BatchState | None:
    """The state of earlier batches; None before the first one.

    Raises:
        CarrelError: REC-009, it cannot be read, or another release was asked for then.
    """
    try:
        state = state_of(said.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise _unusable(said.state, "a file that is no state, or not whole", "put it back from a copy") from None
    if state.asked != asked(release):
        raise _unusable(
            said.state,
            "a release file with other columns, hierarchies, person, k, or columns to keep than at the first batch",
            "release everything anew, to another place and with another 'state:'",
        )
    return state


def begun(release: Release, levels: tuple[str, ...]) -> BatchState:
    """The state before the first batch."""
    return BatchState(secrets.token_bytes(32), asked(release), levels)


def join(records: Records, release: Release, state: BatchState, again: Path | None = None) -> BatchState:
    """Turn ``released``, all records of a batch, into those that may go now, with those that waited.

    Args:
        records: whose engine has ``released``.
        release: what is asked for.
        state: of earlier batches.
        again: a file that may hold this very batch, the last that was added.

    Returns:
        The state once the release was written; the same one where the file holds this batch already.

    Raises:
        CarrelError: REC-009, this very batch was added before; SRC codes.
    """
    if release.batches is None:
        raise ValueError("this release is not made in batches")
    batch = state.digest(_sum(records))
    if again is not None and (batch,) == state.batches[-1:] and _stands(again, state):
        return state
    if batch in state.batches:
        raise _unusable(release.batches.state, "a batch that was added before", "name the records of the next one")
    columns = names_in(release)
    own = columns[: len(release.columns)]
    is_named = release.person is not None
    engine = records.engine
    with told(records.source.at):
        _persons(records, state, is_named=is_named)
        texts = ", ".join(f"CAST({one} AS VARCHAR) AS {one}" for one in columns)
        _table(engine, "waited", [*columns, "person"], state.waiting)
        _table(engine, KNOWN, own, state.known)
        engine.execute(
            f"CREATE TEMP TABLE joined AS SELECT {texts}, {'t.token' if is_named else 'NULL::VARCHAR'} AS person "
            f"FROM {RELEASED} r {'LEFT JOIN person_tokens t ON r.person = t.value' if is_named else ''} "
            "UNION ALL SELECT * FROM waited"
        )
        keys = ", ".join(own)
        size = "count(DISTINCT person)" if is_named else "count(*)"
        told_apart = "".join(f", count(DISTINCT coalesce(s{at}, '')) AS l{at}" for at in range(len(release.sensitive)))
        engine.execute(
            f"CREATE TEMP TABLE sizes AS SELECT {keys}, {size} AS size{told_apart} FROM joined GROUP BY {keys}"
        )
        # What has so many values keeps them, whatever is added later: that is all that is asked for here.
        may_go = f"(size >= {release.k}"
        may_go += "".join(f" AND l{at} >= {one.l}" for at, one in enumerate(release.sensitive.values())) + ")"
        if release.batches.held == "together":
            may_go += f" OR EXISTS (SELECT 1 FROM {KNOWN} o WHERE {_same('o', 'joined', own)})"
        engine.execute(f"DROP TABLE {RELEASED}")
        engine.execute(
            f"CREATE TEMP TABLE sorted_out AS SELECT joined.*, ({may_go}) AS goes FROM joined JOIN sizes USING ({keys})"
        )
        engine.execute(f"CREATE TEMP TABLE {RELEASED} AS SELECT * EXCLUDE (goes) FROM sorted_out WHERE goes")
        known = engine.execute(f"SELECT DISTINCT {keys} FROM {RELEASED}").fetchall()
        waiting = engine.execute("SELECT * EXCLUDE (goes) FROM sorted_out WHERE NOT goes ORDER BY ALL").fetchall()
    return state.after(known, waiting if release.batches.others == "wait" else (), batch)


def _stands(place: Path, state: BatchState) -> bool:
    try:
        return state.last is not None and place.is_file() and digest_of(place) == state.last.sha256
    except OSError:
        return False


def digest_of(place: Path) -> str:
    """SHA-256 of a file as it stands on the disk, hex."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(said: Batches, state: BatchState) -> None:
    """Write the state down, as a whole; only its owner may read it.

    Raises:
        CarrelError: REC-009.
    """
    try:
        replace_file(said.state, state.text())
    except OSError:
        raise _unusable(
            said.state, "a place that cannot be written", "give the same command again with --force"
        ) from None


def _sum(records: Records) -> str:
    """The same for the same records in whatever order."""
    columns = ", ".join(quoted(str(one[0])) for one in records.ask(f"DESCRIBE {TAKEN}"))
    ((rows, total, other),) = records.ask(
        f"SELECT count(*), sum(hash({columns})), sum(hash({columns}, 1)) FROM {TAKEN}"
    )
    return f"{rows} {total} {other}"


def _persons(records: Records, state: BatchState, *, is_named: bool) -> None:
    if is_named:
        found = records.ask(f"SELECT DISTINCT person FROM {RELEASED} WHERE person IS NOT NULL")
        pairs = [(str(one), state.token(str(one))) for (one,) in found]
        _table(records.engine, "person_tokens", ["value", "token"], pairs)


def _same(one: str, other: str, columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in columns)


def _table(engine: Any, name: str, columns: Any, rows: Any) -> None:
    import numpy as np

    made: dict[str, Any] = {}
    listed = list(rows)
    for at, column in enumerate(columns):
        made[column] = np.empty(len(listed), dtype=object)
        made[column][:] = [row[at] for row in listed]
    engine.register("arriving", made)
    texts = ", ".join(f"CAST({one} AS VARCHAR) AS {one}" for one in made)
    engine.execute(f"CREATE TEMP TABLE {name} AS SELECT {texts} FROM arriving")
    engine.unregister("arriving")


def _unusable(place: Path, found: str, fix: str) -> CarrelError:
    return fault(
        faults.STATE,
        at=place.name,
        wanted="what this release file's first batch began",
        found=found,
        because="whether enough persons share a combination of all batches could not be told",
        fix=fix,
    )

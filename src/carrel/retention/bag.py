"""A package for the archives, as BagIt 1.0 (RFC 8493) wants it: what stands in its files, and whether they agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"
PAYLOAD, SCHEMAS = "data", "schemas"


@dataclass(frozen=True, slots=True)
class Custody:
    """Who hands records over to whom, under what.

    Attributes:
        library, archives: names, as the site writes them.
        system: they come from.
        policy, policy_digest: by which they go.
        plan: digest of the plan that was approved.
        run: of the store.
    """

    library: str
    archives: str
    system: str
    policy: str
    policy_digest: str
    plan: str
    run: str


def info(custody: Custody, files: Mapping[str, bytes], records: int, at: datetime) -> str:
    """The text of ``bag-info.txt``.

    Args:
        custody: as agreed.
        files: of the payload.
        records: main records in them; rows that belong to one are not counted.
        at: aware time.
    """
    size = sum(map(len, files.values()))
    said = {
        "Source-Organization": custody.library,
        "Bagging-Date": f"{at:%Y-%m-%d}",
        "Payload-Oxum": f"{size}.{len(files)}",
        "Internal-Sender-Identifier": custody.run,
        "Custody-From": custody.library,
        "Custody-To": custody.archives,
        "Records": str(records),
        "System": custody.system,
        "Policy": custody.policy,
        "Policy-Digest": custody.policy_digest,
        "Plan-Digest": custody.plan,
        "Ledger-Leaf": "kind transfer, with the SHA-256 of tagmanifest-sha256.txt as its package",
    }
    # One line each: a name of the site may not begin a line of its own.
    return "".join(f"{name}: {' '.join(text.split())}\n" for name, text in said.items())


def manifest(files: Mapping[str, bytes]) -> str:
    """The text of a manifest, in order of name."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def faults_of(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """What is wrong with a package.

    Args:
        files: every file of it, by its name in the package.

    Returns:
        Names of files that are missing, are too many, or differ; none where it is whole.

    Guarantees:
        A changed, missing or further byte in any file but the tag manifest is told; that file's own digest stands
        in the ledger.
    """
    wrong = [name for name in ("bagit.txt", INFO, MANIFEST, TAG_MANIFEST) if name not in files]
    if wrong:
        return tuple(wrong)
    payload = {name: content for name, content in files.items() if name.startswith(f"{PAYLOAD}/")}
    tags = {name: content for name, content in files.items() if name not in payload and name != TAG_MANIFEST}
    for listed, there in ((files[MANIFEST], payload), (files[TAG_MANIFEST], tags)):
        wanted = _listed(listed)
        wrong += [name for name in {*wanted, *there} if wanted.get(name) != _sha256(there.get(name))]
    return tuple(sorted(set(wrong)))


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """The rows of such a file."""
    return [json.loads(line) for line in content.decode().split("\n") if line]


def schema(table: str, columns: Iterable[tuple[str, str, bool]]) -> bytes:
    """The JSON Schema of one line: columns with the type that the system declares, and whether they may be empty."""
    properties = {
        name: {"type": ["string", "number", "null"] if empty else ["string", "number"], "description": declared}
        for name, declared, empty in columns
    }
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One row of {table}",
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }
    return json.dumps(body, indent=1, ensure_ascii=False).encode() + b"\n"


def _listed(content: bytes) -> dict[str, str]:
    pairs = (line.partition("  ") for line in content.decode(errors="replace").split("\n") if line)
    return {name: digest for digest, _, name in pairs}


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()

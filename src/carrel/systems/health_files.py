"""The health files: ``health.json`` and ``carrel.prom``, each replaced as a whole so that no monitor reads a half."""

from __future__ import annotations

import json
from pathlib import Path

from carrel.accountability.health import Health
from carrel.systems.durable_file import replace_file

JSON_NAME = "health.json"
PROMETHEUS_NAME = "carrel.prom"
_READABLE = 0o644  # a monitor of another account reads them; they hold nothing of a patron


def told_outside(folder: Path) -> frozenset[str]:
    """Places outside the databases that the last health file told as past their time or not seen."""
    try:
        body = json.loads((folder / JSON_NAME).read_text(encoding="utf-8"))
        return frozenset(one["place"] for one in body["outside"] if one["overdue"] != 0)
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def write_health(folder: Path, health: Health) -> tuple[Path, Path]:
    """Write both files into a folder, which is made if need be.

    Returns:
        The paths of the JSON and the Prometheus file.

    Guarantees:
        At every moment either file is the old or the new one, whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(health.as_dict(), indent=2, ensure_ascii=False) + "\n"
    pair = (folder / JSON_NAME, folder / PROMETHEUS_NAME)
    replace_file(pair[0], text, mode=_READABLE)
    replace_file(pair[1], health.prometheus(), mode=_READABLE)
    return pair

"""The health files: ``health.json`` and ``carrel.prom``, each replaced as a whole so that no monitor reads a half."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from carrel.accountability.health import Health

JSON_NAME = "health.json"
PROMETHEUS_NAME = "carrel.prom"
_READABLE = 0o644  # a monitor of another account reads them; they hold nothing of a patron


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


def replace_file(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file as a whole, durably; a reader sees the old or the new one.

    Args:
        path: of the file; its folder exists.
        text: its new content.
        mode: permissions of the new file.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Every condition that Carrel can tell: all modules called ``faults`` imported, and the command line."""

from __future__ import annotations

import importlib
import pkgutil

import carrel
from carrel.errors import Condition, catalogue


def conditions() -> tuple[Condition, ...]:
    """All of them, in order of code."""
    for module in pkgutil.walk_packages(carrel.__path__, "carrel."):
        if module.name.endswith(".faults"):
            importlib.import_module(module.name)
    importlib.import_module("carrel.cli.main")
    return catalogue()

"""Makes evergreen_tables.json from a schema-facts file: ``python compact_evergreen.py FACTS [--check]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from carrel.systems.sample.evergreen import facts

TARGET = Path(facts.__file__).with_name("evergreen_tables.json")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path)
    parser.add_argument("--check", action="store_true", help="only compare with the committed copy")
    arguments = parser.parse_args()
    text = facts.compact(json.loads(arguments.facts.read_text(encoding="utf-8")))
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    same = TARGET.read_text(encoding="utf-8") == text
    print("same" if same else f"{TARGET.name} differs from {arguments.facts.name}: run this without --check")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

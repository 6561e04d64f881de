"""``python -m carrel``."""

from carrel.cli.main import main

main()

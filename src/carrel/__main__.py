"""``python -m carrel``."""

from carrel.cli.main import main

if __name__ == "__main__":  # a worker that is started by another process imports this too
    main()

"""What every test may ask for."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest
from hypothesis import settings

# A law says what is true, not how fast: on a busy machine the first example of a test takes what it takes.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")


def unavailable(reason: str) -> NoReturn:
    """Skip because something outside the checkout is missing; under CI=true that is a failure."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"needed under CI=true: {reason}", pytrace=False)
    pytest.skip(reason)

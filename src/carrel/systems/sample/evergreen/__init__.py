"""The sample of Evergreen: an invented consortium on Evergreen's own tables, with its triggers and purges rebuilt.

Nobody in it exists. `library.build` fills an empty PostgreSQL database; `habits` runs what the product would run.
"""

from carrel.systems.sample.evergreen.library import build
from carrel.systems.sample.evergreen.plan import (
    EvergreenCanary,
    EvergreenSample,
    EvergreenShape,
    evergreen_size,
    size_of_circulations,
)

__all__ = ["EvergreenCanary", "EvergreenSample", "EvergreenShape", "build", "evergreen_size", "size_of_circulations"]

"""The sample library: an invented library on Koha's own tables, of any size, with the dirt that real data carry.

Nobody in it exists. It is what the demonstration runs on, what the integration tests sweep and what the benchmark
measures; `library.build` makes it and returns the canaries, loans whose every trace is known.
"""

from carrel.systems.sample.library import build
from carrel.systems.sample.plan import Canary, Sample, SampleSize, Shape

__all__ = ["Canary", "Sample", "SampleSize", "Shape", "build"]

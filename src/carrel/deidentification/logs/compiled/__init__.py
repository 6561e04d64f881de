"""Lines scrubbed in machine code, byte for byte as `LineScrubber` does it; only with the extra ``analytics``."""

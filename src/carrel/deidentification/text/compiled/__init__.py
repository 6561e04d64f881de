"""The kernels of free text as machine code (`carrel[analytics]`)."""

"""Logs on disk and in pipes: known formats, streams, files that are replaced as a whole, keys of the days."""

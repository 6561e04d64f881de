"""Whole runs by the real command line, each verb a process of its own, on real databases."""

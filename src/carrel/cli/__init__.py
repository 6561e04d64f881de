"""The command line: it chooses adapters, calls the chapters, and prints what they answer. It decides nothing."""

"""Hosted log services: of an event only its time is read, and of an index its name, counts and settings."""

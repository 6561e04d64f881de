"""Consent: what somebody agreed to, in which words, and whether it still holds; who may be written to at all."""

"""Consents in the world: files of texts, addresses in a system, files that leave, and what mailing tools are told."""

"""The ledger: what Carrel did, as a list that can grow but not be changed without an outsider seeing it.

The tree is that of RFC 6962 section 2.1; the checkpoint, the tiles and the receipt are those of C2SP (tlog-checkpoint,
tlog-tiles, tlog-proof); the signatures are Ed25519 signed notes. Everything here is pure: bytes in, bytes out. Files
are the business of `carrel.store.ledger_folder`. A leaf holds counts, digests, times and short words from a closed
list of fields; it never holds an identifier of a person nor a hash of one.
"""

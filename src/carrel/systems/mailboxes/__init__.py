"""Mailboxes: by IMAP, as Maildir and as mbox; of a message only its date and its marks are read."""

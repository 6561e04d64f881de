"""Free text: what names a person, found by forms, by the library's own roster and the words around it (MITL-5.1)."""

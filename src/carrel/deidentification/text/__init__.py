"""Free text: what names a person is found by forms, by the library's own roster, and by the words around it (MITL-5.1)."""

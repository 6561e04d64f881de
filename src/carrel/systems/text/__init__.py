"""Free text in files: read as it comes, written anew without what names a person (MITL-5.1)."""

"""Mail without what names a person: threads found, messages made plain, stand-ins put, and a seal on what was made."""

"""Folders of files: their events' times by line or name, and the deletion of whole files or of old lines."""

"""The steps that bring an older store up to this program, run by alembic without an ini file."""

"""The systemd units of the nightly run, as templates; `carrel.systems.unit_files` fills them in."""

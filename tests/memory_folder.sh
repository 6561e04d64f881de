#!/usr/bin/env bash
# Names the folder for the tests' own files: memory where there is plenty, because every store and server of a test
# waits for its disk at each commit; else the usual one. A TMPDIR that is set already wins.
set -u
needed=$((8 * 1024 * 1024))  # KiB, of the file system and of the machine's memory
folder=/dev/shm
free() { df --output=avail "$folder" 2>/dev/null | tail -n 1; }
available() { awk '/^MemAvailable:/ {print $2}' /proc/meminfo 2>/dev/null; }
if [ -z "${TMPDIR:-}" ] && [ -d "$folder" ] && [ -w "$folder" ] \
  && [ "$(free || echo 0)" -gt "$needed" ] && [ "$(available || echo 0)" -gt "$needed" ]; then
  echo "$folder"
else
  echo "${TMPDIR:-/tmp}"
fi

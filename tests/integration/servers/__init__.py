"""Real servers, started privately from Debian's binaries for the tests."""

"""Systems: the adapters that touch what a library really runs, and the sample library on which they are tried."""

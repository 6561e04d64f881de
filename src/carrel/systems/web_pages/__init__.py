"""Pages of the library's own sites, as a visitor meets them who has made no choice yet."""

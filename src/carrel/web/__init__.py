"""The pages: for everybody, for patrons, and the API. Composition only; what they show is decided elsewhere."""

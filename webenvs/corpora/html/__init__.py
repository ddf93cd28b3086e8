"""A page from HTML: what it says, what it is about, and guards against markup made to be slow."""

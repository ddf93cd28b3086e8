"""Games are tables of roles; a new game is a new table."""

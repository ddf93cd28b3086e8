"""The web a player meets: the only door to pages, and the sandbox around it."""

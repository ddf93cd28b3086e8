"""The ladder of scripted players: the bounds between which a policy finds its place."""

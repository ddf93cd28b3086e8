"""Who can sit in a seat: scripted players, the oracle, a human, any callable."""

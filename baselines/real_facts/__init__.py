"""Facts over real pages: PEPs, World Cups and the World Factbook as corpora with knowledge."""

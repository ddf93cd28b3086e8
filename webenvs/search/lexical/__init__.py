"""Search by words: BM25 over a frozen index of whole-number impacts."""

"""Search by vectors: whole numbers in FAISS, exact on every machine."""

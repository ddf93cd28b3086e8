"""How pages are found: the retriever contract and the engines that keep it."""

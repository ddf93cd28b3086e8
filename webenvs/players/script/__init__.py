"""How the scripted players read and reason: words, questions, pages, the search and the plan."""

"""A small generated web: typed entities, facts that fit together, and the pages that state them."""

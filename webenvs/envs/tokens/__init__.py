"""Games played token by token: exact ids in and out, a context a frame that only grows."""

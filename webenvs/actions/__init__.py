"""Message text to tool calls and back: the codecs, their errors, and the check of arguments."""

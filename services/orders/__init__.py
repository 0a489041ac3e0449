"""Orders: the documents that ask for stock to move, and the process each goes through."""

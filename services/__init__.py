"""The services that own the truth: each keeps its nouns, and none calls another."""

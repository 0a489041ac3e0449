"""The services that own the truth: each keeps its nouns, none calls another, all speak through the contract."""

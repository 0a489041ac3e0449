"""Stock: items, places, the ledger, and the promises made on it."""

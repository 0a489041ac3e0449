"""Generated from the contract: kuguan."""

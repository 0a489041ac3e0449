"""Generated from the contract: kuguan.type."""

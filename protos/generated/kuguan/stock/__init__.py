"""Generated from the contract: kuguan.stock."""

"""Generated from the contract: kuguan.orders."""

"""Generated from the contract: kuguan.orders.v1."""

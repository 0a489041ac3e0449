"""Generated from the contract: kuguan.stock.v1."""

"""Generated from the contract: kuguan.type.v1."""

"""Generated from the contract: kuguan.approvals."""

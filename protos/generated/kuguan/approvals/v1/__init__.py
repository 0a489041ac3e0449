"""Generated from the contract: kuguan.approvals.v1."""

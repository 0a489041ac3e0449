"""Every read of approvals; what a caller may see is part of each query."""

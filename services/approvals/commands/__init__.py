"""Every change of approvals: one function is one transaction, read → decide → write → announce."""

"""Every change of stock: one function is one transaction, read → decide → write → announce."""

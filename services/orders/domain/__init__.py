"""The rules of orders: pure, synchronous, state in, new state or an error out."""

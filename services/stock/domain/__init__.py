"""The rules of stock, pure; quantities are whole numbers on the scale of their item."""

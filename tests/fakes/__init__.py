"""Faithful stand-ins for the chat products, which their own clients accept too."""

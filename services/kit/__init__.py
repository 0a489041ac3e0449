"""The plumbing that every service shares and that knows no business word."""

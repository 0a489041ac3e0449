"""Every read of stock, each on one consistent view."""

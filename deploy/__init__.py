"""Putting the parts together: the `kuguan` command and what starts, fills and looks after a system."""

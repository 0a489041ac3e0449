"""How often the collector of reference cycles looks: seldom, in a process that makes few of them."""

from __future__ import annotations

import gc

_THRESHOLDS = (20_000, 20, 50)


def collect_seldom() -> None:
    """To be called once, when everything is imported: that lives as long as the process, and the collector
    need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)

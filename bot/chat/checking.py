"""What the check of a chat product found, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of a check: whether it is right, and in words what was seen and what to do.

    `key` names the sentence in the bot's texts (`check.<product>.<step>.<outcome>`), `facts` fill it.
    """

    step: str
    ok: bool
    key: str
    facts: Mapping[str, str] = field(default_factory=dict)

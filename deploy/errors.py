"""What the command line says when something cannot be done: one sentence, in Chinese and in English."""

from __future__ import annotations


class CommandFailed(Exception):
    """A command cannot do what it was asked; both sentences say why and what helps."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.chinese = chinese
        self.english = english

    def __str__(self) -> str:
        return f"{self.chinese}\n{self.english}"

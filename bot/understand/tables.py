"""Tables: rows of fixed words as they are written down in the grammar of a language."""

from itertools import product


def words(table: str) -> tuple[str, ...]:
    """The words of a table that holds no word with a blank in it."""
    return tuple(table.split())


def phrases(table: str) -> tuple[str, ...]:
    """The phrases of a table, which are parted by |."""
    return tuple(phrase.strip() for phrase in table.split("|"))


def rows(*tables: str) -> tuple[str, ...]:
    """One phrase of each table behind the other, in every combination."""
    return tuple(" ".join(row) for row in product(*map(phrases, tables)))


def joined(*tables: str) -> tuple[str, ...]:
    """One word of each table after the other, in every combination; - stands for none."""
    return tuple("".join(row).replace("-", "") for row in product(*map(words, tables)))

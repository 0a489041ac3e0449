"""Answers: what is said when the bot has asked how many."""

from dataclasses import dataclass

from bot.understand import amounts, grammar, lines, units
from bot.understand.heard import Heard


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact decimal text above zero, and the unit as said or None."""

    quantity: str
    unit: str | None

    def unit_of(self, own: tuple[str, ...]) -> str | None:
        """The unit in the words of an item that has these units, the word as said where it has none such."""
        return None if self.unit is None else units.of_item(self.unit, own)


def amount_alone(heard: Heard) -> Amount | None:
    """The amount of a text that is nothing else; None for a doubtful one and for anything more."""
    bare = heard.text.strip(" ,.。!")
    numbers = amounts.find(bare)
    if len(numbers) == 1 and (numbers[0].start, numbers[0].end) == (0, len(bare)):
        return None if numbers[0].text is None else Amount(numbers[0].text, None)
    said = lines.read(heard, grammar.ITEM_FILLERS)
    if len(said) != 1 or said[0].word.text or said[0].problem is not None:
        return None
    quantity = said[0].quantity
    if quantity is None or quantity.text is None or quantity.is_each or not quantity.is_explicit:
        return None
    return Amount(quantity.text, quantity.unit)

"""What somebody gets whom the bot does not know: a way to be bound, and nothing else."""

from __future__ import annotations

from bot.binding import CODE_LIFE, Binding
from bot.chat.platform import AddressKind, Answer
from bot.commands.ask import Offer
from bot.desk import Desk
from bot.storage import bindings, deliveries, received
from bot.storage.received import Received
from bot.texts import DEFAULT
from services.kit.changes import Transaction
from services.kit.errors import KuguanError, TooBusy, Unreachable

_MINUTES = int(CODE_LIFE.total_seconds() // 60)


class Strangers:
    """The desk for those who are not known yet."""

    def __init__(self, desk: Desk, binding: Binding) -> None:
        self._desk = desk
        self._binding = binding

    async def answer(self, row: Received) -> Answer | None:
        """Take the code somebody sends, or give them one; a click gets a passing word only."""
        words = self._desk.words(DEFAULT)
        if row.kind == "click":
            await self._end(row, "refused")
            return Answer(toast=words("binding.stranger_group"))
        if row.address_kind != AddressKind.DIRECT.value:
            # Once an hour for each account: a group is no place for hints.
            key = f"stranger-{row.platform}/{row.tenant}-{row.sender}-{row.received_at:%Y%m%d%H}"
            await self._say(row, key, words("binding.stranger_group"), "refused")
            return None
        try:
            person = await self._binding.redeem(row)
        except KuguanError as error:
            if isinstance(error, Unreachable | TooBusy):
                raise
            await self._say(row, f"{row.cause}#bind", words.error(error), "refused")
            return None
        if person:
            words = self._desk.words(await self._desk.language(person))
            name = self._desk.company.person_name(person, words.language)
            await self._say(row, f"{row.cause}#bind", words("binding.welcome", person=name), "done")
            return None
        return await self._offer(row)

    async def _offer(self, row: Received) -> Answer | None:
        # The newest code counts, so somebody who writes three lines is left with one that works.
        code, offer = await self._binding.offer_stranger(row)
        hint = self._desk.words(DEFAULT)("identity.unknown", code=code, minutes=_MINUTES)
        await self._say(row, f"{row.cause}#stranger", hint, "refused", offer)
        return None

    async def _say(self, row: Received, key: str, text: str, state: str, offer: Offer | None = None) -> None:
        def write(tx: Transaction) -> None:
            if offer is not None:
                bindings.offer(tx, offer.code, offer.digest, tx.now + offer.life)
            who = f"@{row.platform}/{row.tenant}/{row.sender}"
            deliveries.queue(tx, key, who, "say", {"text": text, "to": row.place}, row.cause)
            received.finish(tx, row.cause, state, "identity unknown" if state == "refused" else "")

        await self._desk.runtime.writer.act(write)

    async def _end(self, row: Received, state: str) -> None:
        await self._desk.runtime.writer.act(
            lambda tx: received.finish(tx, row.cause, state, "identity unknown")
        )

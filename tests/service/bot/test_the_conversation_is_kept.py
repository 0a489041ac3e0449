"""The stored conversation keeps the promises of the chat's conversation: order, revisions, no lost change."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from bot.chat.conversation import Author, Draft, Message
from bot.chat.platform import Button, Card, CardState, Change, Group, Line, Text, Tone
from bot.storage import conversation
from bot.storage.conversation import StoredConversation
from services.kit.errors import RequestIdReused
from tests.service.bot.conftest import Store

CARD = Card(
    id="c1",
    title="领用出库",
    subtitle="Requisition",
    lines=(Line("A4打印纸", "现存 320 → 315 包", Change("320", "315")),),
    groups=(Group("批次", (Line("L1", "5"),), note="先到期先出"),),
    buttons=(Button("confirm", "确认", Tone.PRIMARY), Button("cancel", "取消")),
    number="LY1027",
    fallback="同意 1027",
)


@pytest.fixture
def talk(store: Store) -> StoredConversation:
    return StoredConversation(store.writer, store.reader)


def said(key: str, text: str = "你好") -> Draft:
    return Draft(key, Author.PERSON, Text(text))


async def test_messages_take_places_one_after_the_other_and_come_back_as_they_were(
    store: Store, talk: StoredConversation
) -> None:
    first = await talk.append("lixia", said("k1"))
    second = await talk.append("lixia", Draft("k2", Author.BOT, CARD))
    other = await talk.append("zhangsan", said("k1"))
    assert [(m.sequence, m.revision) for m in (first, second, other)] == [(1, 1), (2, 2), (1, 1)]
    assert await talk.before("lixia", None, 10) == [first, second]
    assert second.content == CARD
    assert second.at == store.clock()
    assert await talk.heads(["lixia", "zhangsan", "nobody"]) == {"lixia": 2, "zhangsan": 1, "nobody": 0}
    assert (await talk.revision("lixia"), await talk.revision("nobody")) == (2, 0)


async def test_a_known_key_returns_the_message_kept_before(talk: StoredConversation) -> None:
    first = await talk.append("lixia", said("k1", "one"))
    assert await talk.append("lixia", said("k1", "one")) == first
    assert await talk.revision("lixia") == 1


async def test_a_known_key_with_other_words_of_a_person_is_refused(talk: StoredConversation) -> None:
    first = await talk.append("lixia", said("k1", "one"))
    with pytest.raises(RequestIdReused):
        await talk.append("lixia", said("k1", "two"))
    assert await talk.before("lixia", None, 10) == [first]
    card = await talk.append("lixia", Draft("k2", Author.BOT, CARD))
    assert await talk.append("lixia", Draft("k2", Author.BOT, Text("drawn anew"))) == card


async def test_a_replaced_card_keeps_its_place_and_takes_a_new_revision(talk: StoredConversation) -> None:
    await talk.append("lixia", Draft("k1", Author.BOT, CARD))
    await talk.append("lixia", said("k2"))
    done = replace(CARD, state=CardState.DONE, stamp="已完成", buttons=())
    replaced = await talk.replace_card("lixia", "c1", done)
    assert replaced is not None
    assert (replaced.sequence, replaced.revision, replaced.content) == (1, 3, done)
    assert await talk.replace_card("lixia", "c1", done) == replaced
    assert await talk.revision("lixia") == 3
    assert [message.revision for message in await talk.since("lixia", 0, 10)] == [2, 3]
    assert await talk.replace_card("lixia", "c9", done) is None
    assert await talk.replace_card("zhangsan", "c1", done) is None


async def test_a_card_replaced_by_one_with_another_id_is_found_under_the_new_one(
    talk: StoredConversation,
) -> None:
    await talk.append("lixia", Draft("k1", Author.BOT, CARD))
    await talk.replace_card("lixia", "c1", replace(CARD, id="c2"))
    assert await talk.replace_card("lixia", "c1", CARD) is None
    found = await talk.replace_card("lixia", "c2", replace(CARD, id="c2", stamp="已完成"))
    assert found is not None
    assert found.sequence == 1


async def test_pages_of_the_past_come_in_reading_order(talk: StoredConversation) -> None:
    for number in range(1, 6):
        await talk.append("lixia", said(f"k{number}"))
    assert [m.sequence for m in await talk.before("lixia", None, 2)] == [4, 5]
    assert [m.sequence for m in await talk.before("lixia", 4, 2)] == [2, 3]
    assert [m.sequence for m in await talk.before("lixia", 1, 2)] == []
    assert [m.sequence for m in await talk.since("lixia", 1, 2)] == [2, 3]
    assert len(await talk.before("lixia", 10**30, 9)) == 5
    assert await talk.since("lixia", 10**30, 9) == []


async def test_listeners_hear_each_change_once_in_order_and_after_its_commit(
    talk: StoredConversation,
) -> None:
    heard: list[Message] = []
    committed: list[asyncio.Task[int]] = []

    def listen(person: str, message: Message) -> None:
        heard.append(message)
        committed.append(asyncio.ensure_future(talk.revision(person)))

    unsubscribe = talk.subscribe(listen)
    await asyncio.gather(*[talk.append("lixia", said(f"k{number}")) for number in range(20)])
    await talk.append("lixia", said("k0"))
    await talk.append("lixia", Draft("card", Author.BOT, CARD))
    await talk.replace_card("lixia", "c1", CARD)
    assert [message.revision for message in heard] == list(range(1, 22))
    seen = await asyncio.gather(*committed)
    assert all(known >= message.revision for known, message in zip(seen, heard, strict=True))
    unsubscribe()
    await talk.append("lixia", said("last"))
    assert len(heard) == 21


async def test_who_goes_away_takes_no_message_with_them(talk: StoredConversation) -> None:
    heard: list[Message] = []
    talk.subscribe(lambda _, message: heard.append(message))
    task = asyncio.create_task(talk.append("lixia", said("k1")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await talk.append("lixia", said("k2"))
    assert [message.key for message in heard] == ["k1", "k2"]
    assert len(await talk.before("lixia", None, 10)) == 2


async def test_whoever_reads_after_the_last_revision_misses_nothing(talk: StoredConversation) -> None:
    chance = random.Random(7)
    mirror: dict[int, Message] = {}
    cursor = 0
    cards = 0
    for step in range(60):
        if cards and chance.random() < 0.5:
            card = replace(CARD, id=f"c{chance.randrange(cards)}", stamp=str(chance.random()))
            await talk.replace_card("lixia", card.id, card)
        else:
            card = replace(CARD, id=f"c{cards}")
            cards += 1
            await talk.append("lixia", Draft(f"k{step}", Author.BOT, card))
        if chance.random() < 0.3:
            while changes := await talk.since("lixia", cursor, 3):
                for message in changes:
                    mirror[message.sequence] = message
                    cursor = message.revision
    for message in await talk.since("lixia", cursor, 1000):
        mirror[message.sequence] = message
    assert [mirror[place] for place in sorted(mirror)] == await talk.before("lixia", None, 1000)


async def test_places_are_never_given_again_after_the_past_is_forgotten(
    store: Store, talk: StoredConversation
) -> None:
    await talk.append("lixia", said("k1"))
    store.clock.turn(days=conversation.KEEP_DAYS, seconds=1)
    assert await store.change(conversation.prune) == 1
    assert await talk.before("lixia", None, 10) == []
    assert (await talk.append("lixia", said("k2"))).sequence == 2


async def test_words_that_no_text_can_hold_do_not_break_the_conversation(talk: StoredConversation) -> None:
    told = await talk.append("lixia", said("k1", "\ud83d half \x00 and <b>"))
    (kept,) = await talk.before("lixia", None, 10)
    assert told == kept
    assert kept.content == Text("\ufffd half \x00 and <b>")

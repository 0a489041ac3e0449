"""Cards, projections, preferences and sign-in links: what is written is what is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.storage import cards, links, preferences, projections
from bot.storage.cards import CardRow
from tests.service.bot.conftest import Store

CARD = CardRow("c1", "zhangsan", "confirm", "LY1027", {"行": ["现存 320 → 315 包"]}, request=b"\x00\xff")


async def test_a_card_is_found_as_it_was_saved_and_its_version_rises(store: Store) -> None:
    saved = await store.change(lambda tx: cards.save(tx, CARD))
    assert saved == replace(CARD, created_at=store.clock(), updated_at=store.clock())
    assert await store.read(lambda c: cards.get(c, "c1")) == saved
    made = store.clock()
    store.clock.turn(minutes=1)
    done = replace(saved, state="done", platform="web", reference={"card": "c1"})
    await store.change(lambda tx: cards.save(tx, done))
    found = await store.read(lambda c: cards.get(c, "c1"))
    assert found == replace(done, version=2, created_at=made, updated_at=store.clock())
    assert await store.read(lambda c: cards.get(c, "c2")) is None


async def test_all_copies_about_a_subject_and_all_open_cards_of_other_chats_are_found(store: Store) -> None:
    for number, state in ((1, "open"), (2, "done"), (3, "open")):
        row = replace(CARD, id=f"c{number}", state=state, platform="feishu")
        await store.change(lambda tx, row=row: cards.save(tx, row))  # type: ignore[misc]
        store.clock.turn(seconds=1)
    await store.change(lambda tx: cards.save(tx, replace(CARD, id="c4", subject="LY1028")))
    subject = await store.read(lambda c: cards.copies(c, "LY1027"))
    assert subject == [("c1", CARD.person), ("c2", CARD.person), ("c3", CARD.person)]
    waiting = await store.read(lambda c: cards.open_elsewhere(c, "web", "", 5))
    assert [row.id for row in waiting] == ["c1", "c3"]
    later = await store.read(lambda c: cards.open_elsewhere(c, "web", "c1", 5))
    assert [row.id for row in later] == ["c3"]


async def test_an_announcement_taken_in_twice_changes_nothing(store: Store) -> None:
    since = store.clock() - timedelta(days=1)
    await store.change(lambda tx: projections.put(tx, "item", "BG-001", b"one"))
    (first,) = await store.read(lambda c: projections.changed_since(c, ["item"], since))
    store.clock.turn(seconds=1)
    await store.change(lambda tx: projections.put(tx, "item", "BG-001", b"one"))
    assert await store.read(lambda c: projections.changed_since(c, ["item"], first[3])) == []
    await store.change(lambda tx: projections.put(tx, "item", "BG-001", b"two"))
    (changed,) = await store.read(lambda c: projections.changed_since(c, ["item"], first[3]))
    assert changed == ("item", "BG-001", b"two", store.clock())


async def test_what_is_taken_in_together_has_moments_of_its_own(store: Store) -> None:
    since = store.clock() - timedelta(days=1)
    await store.change(lambda tx: projections.put(tx, "item", "b", b"old"))
    first = {"a": b"1", "b": b"old", "c": b"3"}
    await store.change(lambda tx: projections.put_many(tx, "item", first))
    await store.change(lambda tx: projections.put_many(tx, "item", {"c": b"3", "b": b"2"}))
    changes = await store.read(lambda c: projections.changed_since(c, ["item"], since))
    assert [(name, body) for _, name, body, _ in changes] == [("a", b"1"), ("c", b"3"), ("b", b"2")]
    moments = [moment for *_, moment in changes]
    assert sorted(set(moments)) == moments


async def test_no_change_is_missed_though_many_share_a_moment_or_the_clock_is_set_back(store: Store) -> None:
    seen: list[str] = []
    cursor = store.clock() - timedelta(days=1)
    for number in range(6):
        await store.change(lambda tx, name=f"i{number}": projections.put(tx, "item", name, b""))  # type: ignore[misc]
        changes = await store.read(lambda c, cursor=cursor: projections.changed_since(c, ["item"], cursor))  # type: ignore[misc]
        seen += [name for _, name, _, _ in changes]
        cursor = changes[-1][3]
        if number == 3:
            store.clock.turn(hours=-1)
    assert seen == [f"i{number}" for number in range(6)]


async def test_a_projection_is_read_by_kind_and_forgotten_by_name(store: Store) -> None:
    for kind, name in (("item", "B"), ("item", "A"), ("person", "A")):
        await store.change(
            lambda tx, kind=kind, name=name: projections.put(tx, kind, name, kind.encode())  # type: ignore[misc]
        )
    assert await store.read(lambda c: list(projections.all_of(c, "item"))) == [("A", b"item"), ("B", b"item")]
    await store.change(lambda tx: projections.remove(tx, "item", "A"))
    assert await store.read(lambda c: projections.get(c, "item", "A")) is None
    assert await store.read(lambda c: projections.get(c, "person", "A")) == b"person"


async def test_a_language_is_the_last_one_chosen(store: Store) -> None:
    assert await store.read(lambda c: preferences.language(c, "lixia")) is None
    await store.change(lambda tx: preferences.choose_language(tx, "lixia", "en"))
    await store.change(lambda tx: preferences.choose_language(tx, "lixia", "zh"))
    assert await store.read(lambda c: preferences.language(c, "lixia")) == "zh"
    assert await store.read(lambda c: preferences.language(c, "zhangsan")) is None


async def test_where_to_be_told_first_is_what_was_said_last(store: Store) -> None:
    assert await store.read(lambda c: preferences.first_chats(c, "lixia")) == []
    for chats in (["slack"], ["wecom-bot", "feishu", "web"]):
        await store.change(lambda tx, chats=chats: preferences.choose_first_chats(tx, "lixia", chats))  # type: ignore[misc]
        assert await store.read(lambda c: preferences.first_chats(c, "lixia")) == chats
    assert await store.read(lambda c: preferences.first_chats(c, "zhangsan")) == []
    await store.change(lambda tx: preferences.choose_first_chats(tx, "lixia", []))
    assert await store.read(lambda c: preferences.first_chats(c, "lixia")) == []


async def test_a_guide_is_seen_once_by_each_person(store: Store) -> None:
    assert not await store.read(lambda c: preferences.seen_guide(c, "lixia", "confirm"))
    await store.change(lambda tx: preferences.mark_guide(tx, "lixia", "confirm"))
    await store.change(lambda tx: preferences.mark_guide(tx, "lixia", "confirm"))
    assert await store.read(lambda c: preferences.seen_guide(c, "lixia", "confirm"))
    assert not await store.read(lambda c: preferences.seen_guide(c, "zhangsan", "confirm"))


async def test_the_last_contact_is_where_a_person_talked_last(store: Store) -> None:
    assert await store.read(lambda c: preferences.last_contact(c, "lixia")) is None
    for platform in ("web", "feishu", "web"):
        store.clock.turn(seconds=1)
        await store.change(
            lambda tx, platform=platform: preferences.touch_contact(  # type: ignore[misc]
                tx, "lixia", platform, "local", f"{platform}-id", "direct", "lixia"
            )
        )
    found = await store.read(lambda c: preferences.last_contact(c, "lixia"))
    assert found == preferences.Contact("lixia", "web", "local", "web-id", "direct", "lixia", store.clock())


async def test_a_link_signs_in_once_and_not_after_its_end(store: Store) -> None:
    ends = store.clock() + timedelta(minutes=5)
    await store.change(lambda tx: links.make_link(tx, "lixia", b"1" * 32, ends))
    await store.change(lambda tx: links.make_link(tx, "lixia", b"2" * 32, ends))
    assert await store.change(lambda tx: links.redeem(tx, b"x" * 32)) is None
    assert await store.change(lambda tx: links.redeem(tx, b"1" * 32)) == "lixia"
    assert await store.change(lambda tx: links.redeem(tx, b"1" * 32)) is None
    assert await store.change(links.prune) == 0
    store.clock.turn(minutes=5)
    assert await store.change(lambda tx: links.redeem(tx, b"2" * 32)) is None
    assert await store.change(links.prune) == 2


async def test_one_token_is_one_link(store: Store) -> None:
    ends = store.clock() + timedelta(minutes=5)
    await store.change(lambda tx: links.make_link(tx, "lixia", b"1" * 32, ends))
    with pytest.raises(IntegrityError):
        await store.change(lambda tx: links.make_link(tx, "zhangsan", b"1" * 32, ends))

"""Cards as the core makes them, for drawings that people read and for limits that any card keeps."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.chat.platform import Button, Card, CardState, Change, Group, Line, Tone

_FALLBACK = "也可以回复「同意 1027」或「拒绝 1027」"

NAMED = {
    "approval_open": Card(
        "0198c1d2aa",
        "审批 领用 LY1027",
        "张三 · 市场部",
        (
            Line("A4打印纸", "−5 包:现存 320 → 315", Change("320", "315")),
            Line("用途", "投标文件"),
            Line("参考金额", "¥125.00"),
            Line("为什么找您", "您是主管"),
        ),
        buttons=(Button("approve", "同意", Tone.PRIMARY), Button("reject", "拒绝", Tone.DANGER)),
        number="LY1027",
        fallback=_FALLBACK,
    ),
    "approval_done": Card(
        "0198c1d2aa",
        "审批 领用 LY1027",
        "张三 · 市场部",
        (Line("A4打印纸", "−5 包:现存 320 → 315"), Line("用途", "投标文件")),
        state=CardState.DONE,
        stamp="已同意 · 李四 14:05",
        number="LY1027",
    ),
    "approval_english": Card(
        "0198c1d2ab",
        "Approve requisition LY1027",
        "Li Si · Marketing",
        (Line("A4 printing paper 70 g", "−5 packs: on hand 320 → 315"), Line("Purpose", "Tender documents")),
        buttons=(Button("approve", "Approve", Tone.PRIMARY), Button("reject", "Reject", Tone.DANGER)),
        number="LY1027",
        fallback='You can also reply "approve 1027" or "reject 1027"',
    ),
    "hand_over_two_items": Card(
        "0198c1d2ac",
        "发料 领用 LY1030",
        "给 张三",
        (Line("部门", "市场部"),),
        (
            Group("A4打印纸 · 主仓", (Line("变动", "−5 包:现存 320 → 315"), Line("批次", "B2601 · 5 包"))),
            Group("签字笔 · 主仓", (Line("变动", "−2 盒:现存 40 → 38"),), "还缺 1 盒"),
        ),
        (Button("hand_over", "确认发料", Tone.PRIMARY),),
        number="LY1030",
    ),
    "choice_of_five": Card(
        "0198c1d2ad",
        "「鼠标」是哪一个?",
        "点一个,或者再说清楚一点",
        tuple(
            Line(f"{number}. 无线鼠标 M{number}85", f"IT-00{number} · 2.4G · 个") for number in range(1, 6)
        ),
        buttons=(
            *[Button(f"choose_{number}", f"{number}. 无线鼠标 M{number}85 黑色") for number in range(1, 6)],
            Button("cancel", "都不是"),
        ),
    ),
    "twenty_rows": Card(
        "0198c1d2ae",
        "领用确认",
        lines=tuple(
            Line(f"物品{number}", f"−{number} 件:现存 99 → {99 - number}") for number in range(1, 21)
        ),
        buttons=(Button("confirm", "确认", Tone.PRIMARY), Button("cancel", "取消")),
    ),
}

_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=160)
_LINES = st.lists(st.builds(Line, _WORDS, _WORDS), max_size=25).map(tuple)
_ACTIONS = st.sampled_from(["approve", "reject", "confirm", "cancel", "hand_over", "choose_1", "choose_5"])


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """Any card that the core could make, and many that it would not."""
    actions = draw(st.lists(_ACTIONS, unique=True, max_size=7))
    return Card(
        draw(st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True)),
        draw(_WORDS),
        draw(_WORDS),
        draw(_LINES),
        draw(st.lists(st.builds(Group, _WORDS, _LINES, _WORDS), max_size=4).map(tuple)),
        tuple(Button(one, draw(_WORDS.filter(str.strip)), draw(st.sampled_from(Tone))) for one in actions),
        draw(st.sampled_from(CardState)),
        draw(_WORDS),
        "LY1027",
        draw(_WORDS),
    )

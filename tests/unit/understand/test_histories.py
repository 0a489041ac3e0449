"""When and whose: what a question about movements says beside the goods is found, and times are days."""

from datetime import date

import pytest

from bot.commands.periods import period_of
from bot.understand import ME, MY_DEPARTMENT, Command, Vocabulary, understand

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "item", "period", "warehouse"),
    [
        ("A4纸上个月领了多少", "BG-001", "上个月", None),
        ("上个月领了多少A4纸", "BG-001", "上个月", None),
        ("上个月A4纸用了多少?", "BG-001", "上个月", None),
        ("口罩本月用量", "LB-003", "本月", None),
        ("上周口罩出入库记录", "LB-003", "上周", None),
        ("今天出库了多少A4纸", "BG-001", "今天", None),
        ("最近7天口罩发了多少", "LB-003", "最近7天", None),
        ("口罩近三个月的用量", "LB-003", "近三个月", None),
        ("8月份A4纸的流水", "BG-001", "8月份", None),
        ("8月1日到8月15日键盘领了多少", "IT-004", "8月1日到8月15日", None),
        ("从8月1号到15号 键盘 出库明细", "IT-004", "从8月1号到15号", None),
        ("A4纸 11.1-11.15 出库明细", "BG-001", "11.1-11.15", None),
        ("去年四季度大米消耗了多少", "SP-001", "去年四季度", None),
        ("上半年鼠标领用情况", "IT-003", "上半年", None),
        ("冷库酸奶昨天的流水", "SP-010", "昨天", "LK"),
        ("今年以来胶带用了多少", "BG-009", "今年以来", None),
        ("上周五谁领了显示器", "IT-005", "上周五", None),
        ("how many masks did we use last month", "LB-003", "last month", None),
        ("stock movement of rice this month", "SP-001", "this month", None),
        ("history of keyboards in the last 7 days", "IT-004", "in the last 7 days", None),
        ("how much rice did we go through since August", "SP-001", "since August", None),
        ("movements of masks from Aug 1 to Aug 15", "LB-003", "from Aug 1 to Aug 15", None),
        ("how many keyboards were issued on Friday", "IT-004", "on Friday", None),
        ("who took toner yesterday", "IT-001", "yesterday", None),
        ("A4纸最近的流水", "BG-001", None, None),
        ("谁领走了最后一个显示器", "IT-005", None, None),
        ("history of rice", "SP-001", None, None),
    ],
)
def test_the_time_that_is_asked_about(
    vocabulary: Vocabulary, said: str, item: str, period: str | None, warehouse: str | None
) -> None:
    intent = understand(said, vocabulary)
    assert (intent.command, [word.item for word in intent.items]) == (Command.STOCK_HISTORY, [item])
    assert (intent.period, intent.warehouse) == (period, warehouse)
    assert intent.period is None or period_of(intent.period, TODAY) is not None


@pytest.mark.parametrize(
    ("said", "item", "whose"),
    [
        ("我这个月领了几包A4纸", "BG-001", ME),
        ("我领过几次键盘", "IT-004", ME),
        ("我领过键盘吗", "IT-004", ME),
        ("我什么时候领的显示器", "IT-005", ME),
        ("how many masks did I take last month", "LB-003", ME),
        ("did I request a keyboard", "IT-004", ME),
        ("我们部门上个月领了多少A4纸", "BG-001", MY_DEPARTMENT),
        ("行政部这个月领了多少A4纸", "BG-001", "行政部"),
        ("市场部领了几个鼠标", "IT-003", "市场部"),
        ("我们上个月用了多少A4纸", "BG-001", None),
        ("谁领了显示器", "IT-005", None),
        ("did we take any masks last week", "LB-003", None),
    ],
)
def test_whose_movements_are_asked_about(
    vocabulary: Vocabulary, said: str, item: str, whose: str | None
) -> None:
    intent = understand(said, vocabulary)
    assert (intent.command, [word.item for word in intent.items]) == (Command.STOCK_HISTORY, [item])
    assert intent.whose == whose

"""What each sentence leads to: one function a command, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.commands import (
    approvals,
    corrections,
    delegations,
    guidance,
    history,
    orders,
    repeats,
    requests,
    stock,
)
from bot.commands.ask import Ask, Reply
from bot.understand import Command, Intent

Answering = Callable[[Ask, Intent], Awaitable[list[Reply]]]

COMMANDS: Mapping[Command, Answering] = {
    Command.QUERY_STOCK: stock.query_stock,
    Command.LOW_STOCK: stock.low_stock,
    Command.STOCK_HISTORY: history.stock_history,
    Command.REQUEST_ISSUE: requests.ask_for_goods,
    Command.RETURN_TO_STOCK: requests.ask_for_goods,
    Command.GIVE_SAMPLE: requests.ask_for_goods,
    Command.REPEAT_REQUEST: repeats.repeat_request,
    Command.CORRECT_REQUEST: corrections.nothing_to_correct,
    Command.PENDING_APPROVALS: approvals.pending_approvals,
    Command.APPROVE: approvals.decide_by_words,
    Command.REJECT: approvals.decide_by_words,
    Command.MY_REQUESTS: orders.my_requests,
    Command.REQUEST_STATUS: orders.request_status,
    Command.WITHDRAW_REQUEST: orders.withdraw_request,
    Command.DELEGATE_APPROVALS: delegations.delegate_approvals,
    Command.MY_DELEGATIONS: delegations.my_delegations,
    Command.END_DELEGATION: delegations.my_delegations,
    Command.HELP: guidance.show_help,
    Command.UNKNOWN: guidance.not_understood,
}

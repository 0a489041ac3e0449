"""Reads of rules."""

from __future__ import annotations

from kuguan.approvals.v1.rules_pb2 import GetRuleRequest, GetRuleResponse, ListRulesRequest, ListRulesResponse

from services.approvals.domain.wording import looked_up
from services.approvals.messages import rules as messages
from services.approvals.queries.paging import place_of_rule
from services.approvals.storage import rules
from services.kit import wire
from services.kit.errors import NoSuch
from services.kit.reading import View


def get_rule(view: View, request: GetRuleRequest) -> GetRuleResponse:
    """The newest version of a rule."""
    rule = rules.find_newest(view.connection, looked_up(request.name, "rule"))
    if rule is None:
        raise NoSuch("rule", request.name)
    return GetRuleResponse(rule=messages.rule_message(rule))


def list_rules(view: View, request: ListRulesRequest) -> ListRulesResponse:
    """A page of rules in force and proposed ones, in the order in which they are tried."""
    size, query = wire.page_size(request.page_size), "rules"
    after = place_of_rule(wire.decode_page_token(request.page_token, query))
    found = rules.list_rules(view.connection, after, size + 1)
    page, more = found[:size], len(found) > size
    last: list[str | int] = [page[-1].position, page[-1].name, page[-1].version] if more else []
    return ListRulesResponse(
        rules=[messages.rule_message(rule) for rule in page],
        next_page_token=wire.encode_page_token(query, last) if more else "",
    )

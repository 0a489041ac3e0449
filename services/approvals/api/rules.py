"""The gRPC methods of rules: each asks one command or one query."""

from __future__ import annotations

from typing import Any

from kuguan.approvals.v1 import rules_pb2, rules_pb2_grpc

from services.approvals.commands import rules
from services.approvals.queries import rules as rules_queries
from services.kit.service import Runtime


class RuleApi(rules_pb2_grpc.RuleServiceServicer):
    """The rules of approval."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def GetRule(self, request: rules_pb2.GetRuleRequest, context: Any) -> rules_pb2.GetRuleResponse:
        """Gets one rule."""
        return await self._runtime.read(rules_queries.get_rule, request)

    async def ListRules(
        self, request: rules_pb2.ListRulesRequest, context: Any
    ) -> rules_pb2.ListRulesResponse:
        """Lists rules in the order in which they are tried."""
        return await self._runtime.read(rules_queries.list_rules, request)

    async def ProposeRule(
        self, request: rules_pb2.ProposeRuleRequest, context: Any
    ) -> rules_pb2.ProposeRuleResponse:
        """Proposes a new rule, or a new version of a rule of the same name."""
        return await self._runtime.write(rules.propose_rule, request)

    async def ConfirmRule(
        self, request: rules_pb2.ConfirmRuleRequest, context: Any
    ) -> rules_pb2.ConfirmRuleResponse:
        """Puts a proposed rule into force; by another administrator than the one who proposed it."""
        return await self._runtime.write(rules.confirm_rule, request)

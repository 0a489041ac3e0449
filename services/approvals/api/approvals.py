"""The gRPC methods of approvals: each asks one command or one query."""

from __future__ import annotations

from typing import Any

from kuguan.approvals.v1 import approvals_pb2, approvals_pb2_grpc

from services.approvals.commands import decisions
from services.approvals.queries import tasks as tasks_queries
from services.kit.service import Runtime


class ApprovalApi(approvals_pb2_grpc.ApprovalServiceServicer):
    """The decisions about orders."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def ListTasks(
        self, request: approvals_pb2.ListTasksRequest, context: Any
    ) -> approvals_pb2.ListTasksResponse:
        """Lists tasks, newest first."""
        return await self._runtime.read(tasks_queries.list_tasks, request)

    async def GetTask(
        self, request: approvals_pb2.GetTaskRequest, context: Any
    ) -> approvals_pb2.GetTaskResponse:
        """Gets one task that the caller asked for, has to decide or has decided."""
        return await self._runtime.read(tasks_queries.get_task, request)

    async def Decide(
        self, request: approvals_pb2.DecideRequest, context: Any
    ) -> approvals_pb2.DecideResponse:
        """Decides: approves or refuses the version of the task that was seen."""
        return await self._runtime.write(decisions.decide, request)

    async def Withdraw(
        self, request: approvals_pb2.WithdrawRequest, context: Any
    ) -> approvals_pb2.WithdrawResponse:
        """Takes the caller's own request back; the order is cancelled."""
        return await self._runtime.write(decisions.withdraw, request)

    async def Transfer(
        self, request: approvals_pb2.TransferRequest, context: Any
    ) -> approvals_pb2.TransferResponse:
        """Hands the caller's part of a task to another person 转办."""
        return await self._runtime.write(decisions.transfer, request)

    async def AddApprover(
        self, request: approvals_pb2.AddApproverRequest, context: Any
    ) -> approvals_pb2.AddApproverResponse:
        """Adds another person who has to agree as well 加签."""
        return await self._runtime.write(decisions.add_approver, request)

    async def Remind(
        self, request: approvals_pb2.RemindRequest, context: Any
    ) -> approvals_pb2.RemindResponse:
        """Reminds those who have not decided yet 催办; at most once an hour."""
        return await self._runtime.write(decisions.remind, request)

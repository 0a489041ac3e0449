"""The front door of approvals: one method per RPC, no decisions."""

from services.approvals.api.access import AccessApi
from services.approvals.api.approvals import ApprovalApi
from services.approvals.api.people import PeopleApi
from services.approvals.api.rules import RuleApi

__all__ = ["AccessApi", "ApprovalApi", "PeopleApi", "RuleApi"]

"""Roles and what each permits, as data."""

from __future__ import annotations

from collections.abc import Iterable

DECIDE = "approvals.decide"
ADMINISTRATOR = "admin"

_EMPLOYEE = frozenset(
    {
        "items.read",
        "stock.read",
        "orders.create",
        "orders.read",
        "approvals.read",
        "people.read",
        # Everybody may become an approver: by name in a rule, as a stand-in or added to a task. Whether they
        # may decide about one task is read from the task's own assignments when they decide.
        DECIDE,
    }
)

ROLES: dict[str, frozenset[str]] = {
    "employee": _EMPLOYEE,
    "manager": _EMPLOYEE | {"rules.read"},
    "director": _EMPLOYEE | {"rules.read", "orders.read_all", "approvals.read_all"},
    "finance": _EMPLOYEE | {"rules.read", "orders.read_all", "approvals.read_all"},
    "keeper": _EMPLOYEE | {"stock.issue", "orders.read_all"},
    "buyer": _EMPLOYEE,
    "sales": _EMPLOYEE,
    "production": _EMPLOYEE,
    ADMINISTRATOR: frozenset(
        {
            "items.read",
            "items.write",
            "stock.read",
            "stock.open",
            "orders.read",
            "orders.read_all",
            "people.read",
            "people.write",
            "rules.read",
            "rules.write",
            "approvals.read",
            "approvals.read_all",
        }
    ),
}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """What somebody with these roles may do; unknown roles permit nothing.

    Administrators change rules and people and therefore never decide (R26), whatever other role they have.
    """
    held = set(roles)
    granted = frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in held))
    return granted - {DECIDE} if ADMINISTRATOR in held else granted

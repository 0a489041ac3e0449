"""Approvals: who works here, who has to decide about an order, and what they decided."""

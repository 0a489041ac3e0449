"""Between approvals and the contract: people, rules, tasks and the orders they are about."""

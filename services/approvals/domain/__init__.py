"""The rules of approvals: people, roles, stand-ins, rules of approval, tasks and votes; nothing else."""

"""The one gate through which HTTP leaves: `send(Request) -> Answer`, for webhooks and functions."""

from crm.outgoing.gate import KEEPERS, send
from crm.outgoing.messages import Answer, NoAnswer, NotAllowed, OutgoingProblem, Request
from crm.outgoing.targets import Target, check_headers, target_of

__all__ = [
    "KEEPERS", "Answer", "NoAnswer", "NotAllowed", "OutgoingProblem", "Request", "Target", "check_headers",
    "send", "target_of",
]  # fmt: skip

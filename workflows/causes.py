"""Causes of queued actions, for what a worker changes later: it hangs below what asked for it."""

from __future__ import annotations

from crm.door import CauseNode
from crm.models import Cause


def node_of(cause: Cause) -> CauseNode:
    """A stored cause as a node that new causes and changes can be put below; it knows its first one."""
    root = cause.root
    above = None if root is None else CauseNode(root.kind, root.label, detail=root.detail, id=root.pk)
    return CauseNode(
        cause.kind, cause.label, above, document_id=cause.document_id, detail=cause.detail, id=cause.pk
    )

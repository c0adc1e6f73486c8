"""Webhooks: what is sent to endpoints of other systems, signed, and how it is tried again."""

"""Published documents, and the configuration's generation.

What admins draft in tables is published as one canonical, immutable document with a version; the engine
runs from live documents only.
"""

"""The JSON API: the same rows, fields and verbs as the pages, for programs that have a person's token."""

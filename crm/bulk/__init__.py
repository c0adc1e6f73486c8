"""Changes of many chosen records at once, from a list: as jobs, with a result per record and undo."""

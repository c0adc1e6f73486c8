"""Lists: which records of a module somebody sees, in which columns and order, and under which name."""

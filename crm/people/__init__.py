"""People: what their profile allows, where they stand, and the verbs that change either."""

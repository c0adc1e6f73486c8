"""Work on many records in the background, step by step: a step's effects and place commit together."""

"""Forms for the settings of actions, and the parts that they are made of."""

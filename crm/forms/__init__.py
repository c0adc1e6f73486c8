"""Forms for records: a field's value as text in a control, and back. The door decides what is allowed."""

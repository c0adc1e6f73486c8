"""What workflow automation adds to staff pages."""

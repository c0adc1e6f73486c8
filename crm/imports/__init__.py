"""Import of records from files: small pieces, used by the command and by the browser."""

"""Finding records by parts of words, whatever their case and accents: one folded text per record."""

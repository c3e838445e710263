"""Records: what the headquarters knows, decided, ordered or reported; immutable, in order, durable."""

"""TAK client sessions, their shells, and the fan-out between them."""

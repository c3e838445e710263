"""Cursor-on-Target events and their codecs: bytes <-> typed values, no I/O."""

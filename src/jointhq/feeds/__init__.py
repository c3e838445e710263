"""Sources of tracks: AIS, ADS-B; live or recorded.

Owns: turning what others broadcast into events, and getting the bytes from network and file.
Doesn't own: what becomes of an event (`picture`, `stream`). Importing this package is cheap:
decoders load when a feed runs.
"""

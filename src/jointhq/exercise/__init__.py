"""Scenarios and the demo.

Owns: who is where in an exercise, and playing recorded traffic into it.
Doesn't own: decoding that traffic (`feeds`), drawing units (the page).
"""

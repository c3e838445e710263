"""Persons and sign-in."""

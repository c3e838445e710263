"""A real PostgreSQL, as the contract suite has."""

from tests.contract.conftest import postgres

__all__ = ["postgres"]

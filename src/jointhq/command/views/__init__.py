"""What is shown of command: rows, each only to those who may see it.

`may` is the question that others ask before they order anything: a pure function of a `Snapshot`.
"""

from jointhq.command.authority import Answer, may

__all__ = ["Answer", "may"]

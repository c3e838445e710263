"""jointhq: the server a joint headquarters runs on."""

__version__ = "0.1.0"

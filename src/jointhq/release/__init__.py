"""The door: labels, readers, and the one answer to "may this reader see this label?"."""

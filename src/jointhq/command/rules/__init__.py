"""What can't be in a structure of command, who may change it, and what is written when they do."""

"""What follows from the records of operations and what is shown of it, a module per subject."""

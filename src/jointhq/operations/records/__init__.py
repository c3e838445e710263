"""What can be written about operations: the bodies of their records, a module per subject."""

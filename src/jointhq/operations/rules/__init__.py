"""Who may write what of operations, and when: pure functions, a module per subject."""

"""What the routes of operations take and give, as typed JSON, a module per subject."""

"""Units, who commands whom, and how that is changed."""

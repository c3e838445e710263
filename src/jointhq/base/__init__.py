"""What everyone may import and what imports nobody: clock, errors, units, geodesy."""

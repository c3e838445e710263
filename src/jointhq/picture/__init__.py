"""Latest state, history and deltas of tracks."""

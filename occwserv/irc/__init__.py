"""Pure. The game on IRC: a client for any network, a small server of our own, and the door between it and the game."""

"""Process. A small IRC server of our own, so that the game can be reached by any IRC client with nothing configured."""

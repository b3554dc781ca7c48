"""The cast list: characters, their tracks and their times."""

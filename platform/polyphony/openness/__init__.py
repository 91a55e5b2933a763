"""The open side: front page, each role's home, how we protect you, what the papers ask."""

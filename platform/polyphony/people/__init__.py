"""People: accounts, sign-in, sessions, and the return phrases of those who have no account."""

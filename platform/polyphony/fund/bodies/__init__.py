"""Who sits where in the fund: bodies, seats, and the rules of their composition."""

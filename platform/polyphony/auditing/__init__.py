"""What was done here, for those who check it: rows, the chain that seals them, and its signed head of every day."""

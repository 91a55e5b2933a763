"""What this part of the fund does by itself."""

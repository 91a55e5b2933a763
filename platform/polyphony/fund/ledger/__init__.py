"""Double entry in integer minor units: what happened to money, never changed, only reversed."""

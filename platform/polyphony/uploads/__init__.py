"""Files that people attach: cleaned before anybody else sees them, locked away each under a key of its own."""

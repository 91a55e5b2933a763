"""What the command line does itself, one file a command."""

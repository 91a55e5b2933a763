"""The vault: names and contacts that only several keyholders together can open, never this server."""

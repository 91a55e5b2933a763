"""Languages: what people write, shown to each reader in her own, and the translators who make that possible."""

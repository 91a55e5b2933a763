"""The fund in public: a statement as of any day, and grants as openly as each may be shown."""

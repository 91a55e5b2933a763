"""A company's own sign-in (OpenID Connect): set, tried, linked, required, and lifted by two stewards."""

"""Money promised by companies and money received, matched one to the other."""

"""Inputs: what people say, in any language, with or without an account, read by whom they choose."""

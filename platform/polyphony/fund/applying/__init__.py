"""Applications of stakeholder organisations, in their own language, step by step."""

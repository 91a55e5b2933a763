"""The loop: excerpts, themes, each company's answer, measures, and how these look from the ground."""

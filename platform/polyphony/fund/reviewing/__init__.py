"""Reviews without a conflict of interest: assignment, stepping aside, scores locked before names are seen."""

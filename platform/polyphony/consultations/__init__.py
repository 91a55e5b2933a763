"""Joint consultations: one process co-owned by several companies, facilitated by somebody all accept."""

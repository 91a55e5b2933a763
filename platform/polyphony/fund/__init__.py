"""The pooled fund that no company steers: money in, calls, applications, decisions, payments, the public account.

It imports nothing of consultations, inputs, opinions or feedback, nor they it: who pays never meets who is paid.
Each folder is a small room of the usual shape; `ledger` stands below all others.
"""

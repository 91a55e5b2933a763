"""What is kept and how long: the page that says it, what each person sees, takes away and erases, and holds.

The data themselves are declared by their rooms (`kernel.retention`); here they are read, ended in time, and kept
a while longer where two stewards say so in writing.
"""

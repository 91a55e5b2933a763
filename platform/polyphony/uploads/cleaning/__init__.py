"""Takes out of a file what its sender did not mean to say: who, where, when, with what, and what stood there before."""

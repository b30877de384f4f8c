"""One act on many devices: who, in which order, how many at a time, and how it goes."""

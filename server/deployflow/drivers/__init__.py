"""Driver packs: which drivers a machine model needs, as one archive each."""

"""Rules and writes of identity, one file per subject."""

"""Who did what to what, when and from where. Everybody writes, it calls nobody."""

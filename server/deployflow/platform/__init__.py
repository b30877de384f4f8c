"""What every domain stands on and what knows no domain: database, settings, errors, clock, wake-ups."""

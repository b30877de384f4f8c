"""One run of a profile on one machine: what it does, step by step, from the approval to the first boot."""

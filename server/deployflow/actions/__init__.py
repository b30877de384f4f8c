"""The ledger: one row for each thing to do on one device, from the order to its proven end."""

"""The software library: items with versions, installers, bundles, and what of them is on which device."""

"""Rolling bearings: fault orders from geometry, the catalogue, evidence of their lines in a spectrum."""

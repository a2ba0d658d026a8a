"""The servers that are measured beside Palier's, each as its makers' documentation shows it."""

"""MATLAB files: read in a process of their own, since what reads them can be broken by them."""

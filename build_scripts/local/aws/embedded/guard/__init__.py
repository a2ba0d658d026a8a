"""The gate before the emulator, in its process: the standard library alone, for it runs under another Python."""

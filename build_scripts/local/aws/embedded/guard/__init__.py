"""The gate before the emulator, in its process: the standard library alone, because it runs under another Python."""

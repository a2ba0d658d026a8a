"""Files of recordings on disk: their formats, how each is read, and the options of reading."""

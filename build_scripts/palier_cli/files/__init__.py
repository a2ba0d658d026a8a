"""Files of recordings on disk: which format each is of, how it is read, and the options that tell so."""

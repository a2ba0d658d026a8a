"""The command line of the build flow: its parser, its commands, its tables."""

"""The web ACL and its rules."""

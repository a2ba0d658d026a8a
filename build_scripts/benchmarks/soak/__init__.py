"""The servers under a mixed load for a long time: latency from the moment a request was due, errors, memory."""

"""From a recording to windows float32 [B, C, T]: checks, resampling, cutting, and the indicators of a signal."""

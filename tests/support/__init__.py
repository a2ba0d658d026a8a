"""Parts that several test modules share: model packages, recordings, file formats, servers."""

"""The container image: built by docker, podman or buildah, run as strictly as it is deployed, and listed."""

"""What the sample app is called."""

STAGE = "dev"
SECRET = f"palier/{STAGE}/api-keys"
STACK = "palier-sample"

"""AWS Lambda's entry point of the dashboard function."""

from mangum import Mangum

from functions.core.settings import get_settings
from functions.core.telemetry import configure_logging
from functions.dashboard.app import create_app

settings = get_settings()
configure_logging(settings.log_level)
app = create_app(settings)

# Mangum would run the lifespan on every invocation.
handler = Mangum(app, lifespan="off")

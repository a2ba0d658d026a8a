"""What every HTTP answer has in common: the ASGI boundary, bodies, threads, the OpenAPI document."""

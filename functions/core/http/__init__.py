"""HTTP for every function: the ASGI boundary, bodies, answers, worker threads, the OpenAPI document."""

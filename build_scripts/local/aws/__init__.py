"""Parts that local_server.py adds to the functions: tables, bucket, queues and bus on this machine, and the worker."""

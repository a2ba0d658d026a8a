"""What local_server.py adds to the functions: their tables, bucket, queues and bus on this machine, and the worker."""

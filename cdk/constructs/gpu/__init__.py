"""The container on instances with a GPU: capacity, task, service, load balancer, metrics."""

"""Alarms: on the service, its capacity, its objectives and its budget, and the factory that makes them."""

"""Alarms, a module for each question they answer."""

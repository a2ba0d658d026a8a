"""Tests of functions/core/bearings."""

"""The jobs app and the worker over in-process services of AWS."""

from tests.support.jobs import aws, job_settings, jobs

__all__ = ["aws", "job_settings", "jobs"]

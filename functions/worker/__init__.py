"""The worker function: diagnoses the recordings of jobs from their queue."""

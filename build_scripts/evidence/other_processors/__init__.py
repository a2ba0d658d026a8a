"""Run models on emulated processors (qemu-user): right for answers, meaningless for speed."""

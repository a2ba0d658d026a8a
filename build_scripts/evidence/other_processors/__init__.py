"""Models run on processors this machine is not, by qemu-user: right for answers, meaningless for speed."""

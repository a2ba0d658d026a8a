"""The project under a mutating fuzzer, slow connections and a soak: `python -m build_scripts attack`."""

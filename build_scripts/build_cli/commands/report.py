"""What a command gives."""

Report = dict[str, object]

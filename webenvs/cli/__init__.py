"""The command line: `webenvs --help`."""

"""`python -m webenvs`: the command line, where its script is not on the path."""

from webenvs.cli.main import main

if __name__ == "__main__":
    main()

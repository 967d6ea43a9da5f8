"""`python -m api`: the same as the command `release-health`."""

from api.cli import main

if __name__ == "__main__":
    main()

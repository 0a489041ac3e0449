"""`python -m deploy` is the `kuguan` command."""

from deploy.command import main

if __name__ == "__main__":
    main()

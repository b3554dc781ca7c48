"""`python -m castlist` is the command `castlist`."""

from castlist.cli import main

main()

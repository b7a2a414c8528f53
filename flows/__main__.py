"""`python -m flows` is the command `wiredesk`."""

from flows.cli import main

raise SystemExit(main())

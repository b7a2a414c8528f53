"""What Prefect runs, and the command line. The outermost room: it arranges, the work is in `tasks`."""

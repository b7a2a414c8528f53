"""The shelves: what Wiredesk keeps and how it is read back. Imports neither `tasks` nor `flows`, nor anything they use.

A consumer of timelines and quotations needs this package alone.
"""

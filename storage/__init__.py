"""The shelves: what Wiredesk keeps and how it is read back. Imports neither `tasks` nor `flows`, neither
Prefect nor the network nor what reads documents.

A consumer of timelines and quotations needs this package alone.
"""

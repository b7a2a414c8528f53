"""The work: pure steps on one document, and the doors to disk and store. Imports `storage`, never `flows`."""

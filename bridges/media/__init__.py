"""Files that cross: fetched, cleaned of what their makers did not mean to tell, handed on from memory.

Nothing here is written to a disk or a database. What is too large for a platform is told by a link that ends.
"""

"""How much of Matrix is kept in memory: only as much as is of use."""

MOST_ORIGINS = 5000
"""Messages of which is known who wrote them: enough for the edits of a busy evening in many rooms."""
MOST_THREADS = 1000

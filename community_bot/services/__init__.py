"""What people can do: one module per capability, the same for every face.

Each public action takes who asks, checks whether they may, acts in one unit of work, records, and returns an
outcome.
"""

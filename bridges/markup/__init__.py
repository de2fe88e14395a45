"""How people write on each platform, read into one tree and written out of it.

``read_discord`` and ``read_matrix`` make a document; ``write_discord`` and ``write_matrix`` write one. There is no
converter from one markup to the other: what the tree has no node for does not exist, so nothing unsafe passes.
"""

"""The ends of a conversation: ``port`` is the contract, the others fulfil it for a platform each."""

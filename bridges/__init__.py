"""Conversations across platforms: ends, lanes, and the journal that makes them durable.

This room knows nothing of the community: who somebody is, what a space is, who may do what. It is told which
channels and rooms belong together and carries what is said from each to all others, once, in order.
"""

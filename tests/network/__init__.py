"""The whole network over real sockets: a simulated Discord, a real Synapse, the bot as a process of its own."""

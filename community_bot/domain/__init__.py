"""What the network is: states, guards, rules of text. Pure: no I/O, no clock, nothing of ours imported."""

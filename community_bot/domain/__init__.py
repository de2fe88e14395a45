"""What the network is: states, guards, rules of text. Pure: no I/O, no clock of its own, nothing of ours imported."""

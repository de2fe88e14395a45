"""The community bot: what the network is, what people can do, and the faces it shows them."""

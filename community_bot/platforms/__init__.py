"""What the network does on a platform; here so far: the two connections and what they report of themselves."""

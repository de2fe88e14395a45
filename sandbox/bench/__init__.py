"""``make bench``: figures measured in one run on the sandbox. Each capability adds a module that measures it."""

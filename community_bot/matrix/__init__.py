"""The Matrix face: the same capabilities as on Discord, as words, numbers, reactions and short dialogues.

``face.py`` is where everything comes together; ``sync.py`` brings what happened, ``reading.py`` understands a line,
``dialogue.py`` fills in forms, ``arrivals.py`` greets. How a card is written and where a person's private room is
stand in ``platforms/matrix_*``, as the network itself needs them too.
"""

"""What people can ask for, once for all faces: commands, buttons, forms, and the words of every answer.

A face shows this and hands in what people did; it adds no rule and no sentence of its own. So the two faces cannot
drift apart, and a third needs no new capability. One module per capability, named as its service.
"""

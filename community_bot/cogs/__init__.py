"""The Discord face: shows whatever the desk offers as slash commands, buttons and forms. It has no rule of its own.

Everything people do comes in as an interaction and goes through :mod:`community_bot.cogs.face`, by its ids alone:
what was posted before a restart works after it.
"""

"""``python -m community_bot``."""

from community_bot.cli import main

main()

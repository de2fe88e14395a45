"""A simulated Discord over real sockets, for tests and for the sandbox on one machine."""

from sandbox.discord.faults import Fault, Faults
from sandbox.discord.people import SimAnswer, SimChannel, SimGuild, SimMember
from sandbox.discord.ratelimits import RateLimits, Window
from sandbox.discord.records import RequestRecord, SeenMessage
from sandbox.discord.server import SimulatedDiscord
from sandbox.discord.world import BackendError, SetupError

__all__ = [
    "BackendError",
    "Fault",
    "Faults",
    "RateLimits",
    "RequestRecord",
    "SeenMessage",
    "SetupError",
    "SimAnswer",
    "SimChannel",
    "SimGuild",
    "SimMember",
    "SimulatedDiscord",
    "Window",
]

"""A simulated Discord over real sockets, for tests and for the sandbox on one machine."""

from sandbox.discord.answers import SimAnswer
from sandbox.discord.channels import SimChannel
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.forms import FormField, ImpossibleFormError, SimForm
from sandbox.discord.guilds import SimGuild
from sandbox.discord.people import SimMember
from sandbox.discord.ratelimits import RateLimits, Window
from sandbox.discord.reading import Button, Choice, Menu, SeenFile
from sandbox.discord.records import RequestRecord, SeenMessage, SimCommand, SimOverwrite, SimRole
from sandbox.discord.server import SimulatedDiscord
from sandbox.discord.world import BackendError, SetupError

__all__ = [
    "BackendError",
    "Button",
    "Choice",
    "Fault",
    "Faults",
    "FormField",
    "ImpossibleFormError",
    "Menu",
    "RateLimits",
    "RequestRecord",
    "SeenFile",
    "SeenMessage",
    "SetupError",
    "SimAnswer",
    "SimChannel",
    "SimCommand",
    "SimForm",
    "SimGuild",
    "SimMember",
    "SimOverwrite",
    "SimRole",
    "SimulatedDiscord",
    "Window",
]

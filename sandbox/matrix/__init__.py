"""Run a real Matrix homeserver on this machine and talk to it as people do."""

from sandbox.matrix.child import SynapseDiedError
from sandbox.matrix.events import Invitation, SeenEvent
from sandbox.matrix.person import MatrixPerson
from sandbox.matrix.requests import MatrixRefusedError
from sandbox.matrix.synapse import RealSynapse

__all__ = ["Invitation", "MatrixPerson", "MatrixRefusedError", "RealSynapse", "SeenEvent", "SynapseDiedError"]

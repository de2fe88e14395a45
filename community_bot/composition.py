"""The capabilities of one network, put together: services, what they offer, and what runs by itself.

The app builds this for the running bot; tests build the same for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from community_bot.commands.admin import Admin, WelcomeForm
from community_bot.commands.ballots import BallotCommands, BallotForm
from community_bot.commands.bridge import BridgeCommands
from community_bot.commands.cohorts import CohortCommands
from community_bot.commands.desk import Desk
from community_bot.commands.experiments import ExperimentCommands, ExperimentForm
from community_bot.commands.forms import FormHandler
from community_bot.commands.growth import GrowthCommands
from community_bot.commands.guide import Guide
from community_bot.commands.invitations import InvitationCommands
from community_bot.commands.me import Me
from community_bot.commands.needs import CloseForm, MergeForm, NeedCommands, NeedForm
from community_bot.commands.organisations import OrganisationCommands
from community_bot.commands.privacy import PrivacyCommands
from community_bot.commands.privacy_requests import NoteForm, RequestCommands
from community_bot.commands.registry import Registry
from community_bot.commands.space_access import SpaceAccessCommands
from community_bot.commands.space_doorkeeping import DoorkeepingCommands
from community_bot.commands.space_endings import EndingCommands
from community_bot.commands.space_life import LifeCommands
from community_bot.commands.spaces import SpaceCommands, SpaceForm
from community_bot.commands.start import OnboardingForm, Start
from community_bot.commands.topics import DecideForm, ProposeForm, TopicCommands
from community_bot.commands.vouching import VOUCH_MENU, VouchingCommands
from community_bot.domain.account import PlatformName
from community_bot.locales import Catalogues
from community_bot.platforms.builder import Builder
from community_bot.platforms.port import PlatformPort
from community_bot.services.access import Access
from community_bot.services.arrivals import Arrivals
from community_bot.services.bridging import Bridging
from community_bot.services.bridging_failures import Failures
from community_bot.services.bridging_notices import RoomNotices
from community_bot.services.bridging_port import BridgeDesk, NoBridge, NoNames, PlaceNames
from community_bot.services.bridging_watch import BridgeWatch
from community_bot.services.buddies import Buddies
from community_bot.services.building import Building
from community_bot.services.cohorts import Cohorts
from community_bot.services.data_requests import DataRequests
from community_bot.services.doorkeeping import Doorkeeping
from community_bot.services.effects import Effects
from community_bot.services.erasing import Erasing
from community_bot.services.experiments import Experiments, registered_for, start_for
from community_bot.services.growth import Growth
from community_bot.services.growth_picture import GrowthPictures
from community_bot.services.invitations import Invitations
from community_bot.services.knocking import Knocking
from community_bot.services.linking import Linking
from community_bot.services.members import Members
from community_bot.services.needs import Needs
from community_bot.services.network import Network, Rules
from community_bot.services.onboarding import Onboarding
from community_bot.services.one_by_one import OneByOne
from community_bot.services.organisations import Organisations
from community_bot.services.privacy import Privacy
from community_bot.services.retention import Retention
from community_bot.services.roles import Roles
from community_bot.services.scopes import Scopes
from community_bot.services.space_endings import Endings
from community_bot.services.space_life import Life
from community_bot.services.space_plans import Planner
from community_bot.services.space_progress import Progress
from community_bot.services.spaces import Spaces
from community_bot.services.standing import Standings
from community_bot.services.stewardship import Stewardship
from community_bot.services.topics import Proposals
from community_bot.services.votes import Votes
from community_bot.services.vouching import Vouching
from community_bot.services.welcome import Welcome
from community_bot.services.wellbeing import Health
from db.engine import Database
from db.keys import NetworkKeys
from db.member_keys_file import MemberKeysFile


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the faces and the app need of it all."""

    network: Network
    desk: Desk
    arrivals: Arrivals
    knocking: Knocking
    retention: Retention
    building: Building
    votes: Votes
    pictures: GrowthPictures
    one_by_one: OneByOne
    bridge_failures: Failures
    bridge_watch: BridgeWatch
    room_notices: RoomNotices
    services: tuple[object, ...]
    """Every service that people use; a test walks their actions."""

    def effects(self, ports: Mapping[PlatformName, PlatformPort], catalogues: Catalogues) -> Effects:
        """Return what carries decisions out on the platforms."""
        return Effects(
            self.network,
            ports,
            catalogues,
            attachments={"growth": self.pictures.attachment},
            one_by_one=self.one_by_one,
        )

    def progress(self, ports: Mapping[PlatformName, PlatformPort], catalogues: Catalogues) -> Progress:
        """Return what tells people how it goes."""
        return Progress(self.network, ports, catalogues)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of what the network can do: what it offers, and the services behind it."""

    commands: tuple[object, ...]
    services: tuple[object, ...]
    forms: tuple[FormHandler, ...] = ()


def compose(
    database: Database,
    keys: NetworkKeys,
    rules: Rules,
    catalogues: Catalogues,
    *,
    clock: Callable[[], datetime] | None = None,
    keys_file: MemberKeysFile | None = None,
    builders: Mapping[PlatformName, Builder] | None = None,
    bridge: BridgeDesk | None = None,
    names: PlaceNames | None = None,
) -> Capabilities:
    """Put the network together; nothing runs yet. Without ``builders`` no learning space can be built.

    ``bridge`` and ``names`` are what joins places and what these are called; without them nothing is joined.
    """
    bridge, names = bridge or NoBridge(), names or NoNames()
    network = Network(database, keys, rules) if clock is None else Network(database, keys, rules, clock)
    retention, votes, scopes = Retention(network, keys_file), Votes(network), Scopes(network)
    planner, pictures = Planner(network, builders or {}), GrowthPictures(network, catalogues)
    failures = Failures(network, bridge, names, catalogues)
    registry = Registry()
    parts = (
        _arriving(network, registry),
        _oneself(network, retention, catalogues),
        _organisations(network),
        _spaces(network, planner),
        _needs_and_topics(network, votes, scopes),
        _growth(network, pictures, catalogues),
        _bridge(Bridging(network, bridge, names), failures),
        _office(network),
    )
    for part in parts:
        for capability in part.commands:
            registry.offer(capability)
        for form in part.forms:
            registry.offer_form(form)
    registry.menus.append(VOUCH_MENU)
    return Capabilities(
        network,
        Desk(registry, Standings(network), catalogues),
        Arrivals(network, catalogues),
        Knocking(network),
        retention,
        Building(network, planner),
        votes,
        pictures,
        OneByOne(network, builders or {}),
        failures,
        BridgeWatch(network, bridge, names, catalogues),
        RoomNotices(network, bridge, names, catalogues),
        tuple(service for part in parts for service in part.services),
    )


def _arriving(network: Network, registry: Registry) -> _Part:
    onboarding, buddies = Onboarding(network), Buddies(network)
    return _Part(
        (Start(onboarding, buddies, network.rules), Guide(registry)),
        (onboarding, buddies),
        (OnboardingForm(onboarding, network.rules),),
    )


def _oneself(network: Network, retention: Retention, catalogues: Catalogues) -> _Part:
    members, linking = Members(network), Linking(network, retention)
    privacy, erasing, requests = Privacy(network), Erasing(network, retention), DataRequests(network)
    return _Part(
        (
            Me(members, linking, network.rules, catalogues),
            PrivacyCommands(privacy, erasing, network.rules),
            RequestCommands(requests),
        ),
        (members, linking, privacy, erasing, requests),
        (NoteForm(requests),),
    )


def _organisations(network: Network) -> _Part:
    organisations, stewardship = Organisations(network), Stewardship(network)
    invitations, vouching = Invitations(network), Vouching(network)
    return _Part(
        (
            OrganisationCommands(organisations, stewardship, network.rules.country_pack),
            InvitationCommands(invitations),
            VouchingCommands(vouching),
        ),
        (organisations, stewardship, invitations, vouching),
    )


def _spaces(network: Network, planner: Planner) -> _Part:
    access, doorkeeping, spaces = Access(network), Doorkeeping(network), Spaces(network, planner)
    life, endings = Life(network, registered_for, start_for), Endings(network)
    making = SpaceCommands(spaces)
    return _Part(
        (
            SpaceAccessCommands(access),
            DoorkeepingCommands(doorkeeping),
            making,
            LifeCommands(life),
            EndingCommands(endings, life),
        ),
        (access, doorkeeping, spaces, life, endings),
        (SpaceForm(spaces, making),),
    )


def _needs_and_topics(network: Network, votes: Votes, scopes: Scopes) -> _Part:
    needs, proposals = Needs(network), Proposals(network)
    return _Part(
        (
            NeedCommands(needs, scopes),
            TopicCommands(proposals, scopes),
            BallotCommands(votes, scopes, network.rules),
        ),
        (needs, proposals, votes),
        (
            NeedForm(needs),
            MergeForm(needs),
            CloseForm(needs),
            ProposeForm(proposals),
            DecideForm(proposals),
            BallotForm(votes, network.rules),
        ),
    )


def _growth(network: Network, pictures: GrowthPictures, catalogues: Catalogues) -> _Part:
    growth, cohorts, experiments = Growth(network, catalogues), Cohorts(network), Experiments(network)
    return _Part(
        (GrowthCommands(growth, pictures), CohortCommands(cohorts), ExperimentCommands(experiments)),
        (growth, cohorts, experiments),
        (ExperimentForm(experiments),),
    )


def _bridge(bridging: Bridging, failures: Failures) -> _Part:
    return _Part((BridgeCommands(bridging, failures),), (bridging, failures))


def _office(network: Network) -> _Part:
    roles, health, welcome = Roles(network), Health(network), Welcome(network)
    return _Part((Admin(roles, health),), (roles, health, welcome), (WelcomeForm(welcome),))

"""The capabilities of one network, put together: services, what they offer, and what runs by itself.

The app builds this for the running bot; tests build the same for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from community_bot.commands.admin import Admin, WelcomeForm
from community_bot.commands.desk import Desk
from community_bot.commands.guide import Guide
from community_bot.commands.invitations import InvitationCommands
from community_bot.commands.me import Me
from community_bot.commands.organisations import OrganisationCommands
from community_bot.commands.privacy import PrivacyCommands
from community_bot.commands.privacy_requests import NoteForm, RequestCommands
from community_bot.commands.registry import Registry
from community_bot.commands.start import OnboardingForm, Start
from community_bot.commands.vouching import VOUCH_MENU, VouchingCommands
from community_bot.domain.account import PlatformName
from community_bot.locales import Catalogues
from community_bot.platforms.port import PlatformPort
from community_bot.services.arrivals import Arrivals
from community_bot.services.buddies import Buddies
from community_bot.services.data_requests import DataRequests
from community_bot.services.effects import Effects
from community_bot.services.erasing import Erasing
from community_bot.services.invitations import Invitations
from community_bot.services.linking import Linking
from community_bot.services.members import Members
from community_bot.services.network import Network, Rules
from community_bot.services.onboarding import Onboarding
from community_bot.services.organisations import Organisations
from community_bot.services.privacy import Privacy
from community_bot.services.retention import Retention
from community_bot.services.roles import Roles
from community_bot.services.standing import Standings
from community_bot.services.stewardship import Stewardship
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
    retention: Retention
    services: tuple[object, ...]
    """Every service that people use; a test walks their actions."""

    def effects(self, ports: Mapping[PlatformName, PlatformPort], catalogues: Catalogues) -> Effects:
        """Return what carries decisions out on the platforms."""
        return Effects(self.network, ports, catalogues)


def compose(
    database: Database,
    keys: NetworkKeys,
    rules: Rules,
    catalogues: Catalogues,
    *,
    clock: Callable[[], datetime] | None = None,
    keys_file: MemberKeysFile | None = None,
) -> Capabilities:
    """Put the network together; nothing runs yet."""
    network = Network(database, keys, rules) if clock is None else Network(database, keys, rules, clock)
    retention = Retention(network, keys_file)
    onboarding, buddies, members, linking = (
        Onboarding(network),
        Buddies(network),
        Members(network),
        Linking(network, retention),
    )
    roles, health, welcome = Roles(network), Health(network), Welcome(network)
    invitations, vouching = Invitations(network), Vouching(network)
    organisations, stewardship = Organisations(network), Stewardship(network)
    privacy, erasing, requests = Privacy(network), Erasing(network, retention), DataRequests(network)
    registry = Registry()
    for capability in (
        Start(onboarding, buddies, rules),
        Guide(registry),
        Me(members, linking, rules, catalogues),
        PrivacyCommands(privacy, erasing, rules),
        RequestCommands(requests),
        OrganisationCommands(organisations, stewardship, rules.country_pack),
        InvitationCommands(invitations),
        VouchingCommands(vouching),
        Admin(roles, health, rules),
    ):
        registry.offer(capability)
    registry.menus.append(VOUCH_MENU)
    for form in (OnboardingForm(onboarding, rules), WelcomeForm(welcome), NoteForm(requests)):
        registry.offer_form(form)
    return Capabilities(
        network,
        Desk(registry, Standings(network), catalogues),
        Arrivals(network, catalogues),
        retention,
        (
            onboarding,
            buddies,
            members,
            linking,
            roles,
            health,
            welcome,
            invitations,
            vouching,
            organisations,
            stewardship,
            privacy,
            erasing,
            requests,
        ),
    )

"""`/invite`: bringing somebody along, with a code for one person."""

from __future__ import annotations

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, command
from community_bot.domain.calendar_years import show_time
from community_bot.domain.invite import LONGEST_DAYS, LONGEST_LABEL, SHORTEST_LABEL, USUAL_DAYS
from community_bot.domain.roles import Power
from community_bot.locales import Markup
from community_bot.services.invitations import Invitations, OpenInvite, Source


class InvitationCommands:
    """Makes invites, shows one's own, takes them back. A code is shown once and never again."""

    def __init__(self, invitations: Invitations) -> None:
        self._invitations = invitations

    async def own_labels(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the labels of the asker's own open invites."""
        labels = {invite.label for invite in await self._invitations.open_invites(request.account)}
        return [Suggestion(label, label) for label in sorted(labels) if typed.casefold() in label.casefold()]

    @command(
        "invite create",
        Option("label", least=SHORTEST_LABEL, most=LONGEST_LABEL),
        Option("days", Kind.NUMBER, required=False, least=1, most=LONGEST_DAYS),
        power=Power.INVITE,
    )
    async def create(self, request: Request, label: str, days: int = USUAL_DAYS) -> Reply:
        """Show a new code to its maker, this once."""
        made = await self._invitations.create(request.account, label, days)
        return Reply(
            request.t(
                "invite.created",
                code=Markup(f"`{made.code}`"),
                label=made.invite.label,
                until=_until(request, made.invite),
                start=request.spell("start"),
                revoke=request.spell("invite revoke"),
            )
        )

    @command("invite list", power=Power.INVITE)
    async def list(self, request: Request) -> Reply:
        """Show the asker's own open invites, by label."""
        invites = await self._invitations.open_invites(request.account)
        if not invites:
            return Reply(request.t("invite.none_open", create=request.spell("invite create")))
        lines = [request.t("invite.list_line", label=each.label, until=_until(request, each)) for each in invites]
        head = request.t.count("invite.list_head", len(invites))
        foot = request.t("invite.list_foot", revoke=request.spell("invite revoke"))
        return Reply(Markup("\n".join([head, *lines, "", foot])))

    @command("invite revoke", Option("label", most=LONGEST_LABEL * 2, suggest=own_labels), power=Power.INVITE)
    async def revoke(self, request: Request, label: str) -> Reply:
        """Take back what was handed out under a label."""
        taken = await self._invitations.revoke(request.account, label)
        return Reply(request.t.count("invite.revoked", taken, label=label))

    @command("invite sources", power=Power.DECIDE_ADMISSION)
    async def sources(self, request: Request) -> Reply:
        """Show which labels brought people, as counts."""
        sources = await self._invitations.sources(request.account)
        if not sources:
            return Reply(request.t("invite.no_sources"))
        lines = [_source_line(request, each) for each in sources]
        return Reply(Markup("\n".join([request.t("invite.sources_head"), *lines])))


def _source_line(request: Request, source: Source) -> Markup:
    if source.came is None:
        return request.t("invite.source_few", label=source.label)
    return request.t.count("invite.source_line", source.came, label=source.label)


def _until(request: Request, invite: OpenInvite) -> str:
    return show_time(invite.expires_at, invite.zone, request.language, request.t.calendar)

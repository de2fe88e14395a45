"""Saying what a row about somebody holds, in plain words: for the screen and for the page they take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from community_bot.commands.start import LANGUAGE_NAMES
from community_bot.domain.roles import NETWORK
from community_bot.locales import Markup, Translator, key
from community_bot.services.directory import Titles
from community_bot.services.privacy import KeptRow

PLATFORMS = {"discord": "Discord", "matrix": "Matrix"}
KINDS = {"correct": key("privacy.kind.correct"), "object": key("privacy.kind.object")}
EFFECTS = {
    "admit": key("privacy.row.effect_admit"),
    "release": key("privacy.row.effect_release"),
    "tell": key("privacy.row.effect_tell"),
    "entrust": key("privacy.row.effect_entrust"),
}


@dataclass(frozen=True, slots=True)
class RowWords:
    """Says rows in one language."""

    t: Translator
    titles: Titles

    def line(self, row: KeptRow) -> Markup:
        """Return one item of a list: what the row holds, and the last day on which it is kept."""
        return self.t("privacy.row.line", row=self.say(row), until=last_day(row))

    def say(self, row: KeptRow) -> Markup:
        """Return what a row holds, as a sentence."""
        return _SAYING[row.table](self, row.fields)

    def _member(self, fields: Mapping[str, object]) -> Markup:
        said = self.t(
            "privacy.row.member",
            alias=fields["alias"],
            state=self.t(f"state.{fields['state']}"),
            since=fields["state_since"],
            joined=fields["joined_on"],
            acted=fields["last_act_on"],
        )
        said = Markup(f"{said} {self.t('privacy.row.choices', choices=self._choices(fields))}")
        if fields["probation_until"] is not None:
            said = Markup(f"{said} {self.t('privacy.row.probation', day=fields['probation_until'])}")
        return said

    def _choices(self, fields: Mapping[str, object]) -> str:
        chosen = [next(name for code, name in LANGUAGE_NAMES.items() if code == fields["language"])]
        if "calendar" in fields:
            chosen.append(self.t.plain(f"command.me.calendar.option.calendar.{fields['calendar']}.choice"))
        if "region" in fields:
            chosen.append(str(fields["region"]))
        if "quiet_from" in fields:
            chosen.append(f"{fields['quiet_from']}–{fields['quiet_until']}")
        if "zone" in fields:
            chosen.append(str(fields["zone"]))
        return ", ".join(chosen)

    def _key(self, _fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.key")

    def _identity(self, fields: Mapping[str, object]) -> Markup:
        platform = PLATFORMS[str(fields["platform"])]
        return self.t("privacy.row.account", platform=platform, account=fields["account"], day=fields["linked_on"])

    def _consent(self, fields: Mapping[str, object]) -> Markup:
        purpose = self.t.plain(f"purpose.{fields['purpose']}.label")
        if fields["withdrawn_on"] is None:
            return self.t("privacy.row.consent", purpose=purpose, day=fields["given_on"])
        return self.t(
            "privacy.row.consent_withdrawn", purpose=purpose, day=fields["given_on"], until=fields["withdrawn_on"]
        )

    def _space(self, fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.space", space=self.space(str(fields["space"])), day=fields["joined_on"])

    def _space_work(self, fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.space_work", space=self.space(str(fields["space"])))

    def _space_request(self, fields: Mapping[str, object]) -> Markup:
        values = {"space": self.space(str(fields["space"])), "day": fields["asked_on"]}
        if fields["offered"]:
            return self.t("privacy.row.space_offered", **values)
        return self.t("privacy.row.space_asked", **values)

    def _cohort(self, fields: Mapping[str, object]) -> Markup:
        values = {
            "title": fields["cohort"],
            "space": self.space(str(fields["space"])),
            "day": fields["since"],
        }
        return self.t("cohort.row_in" if fields["state"] == "in" else "cohort.row_invited", **values)

    def space(self, wanted: str) -> str:
        """Return a space's title, or its key when the operator has taken it out since."""
        return self.titles.of(wanted, self.t.language)

    def _role(self, fields: Mapping[str, object]) -> Markup:
        scope = str(fields["scope"])
        return self.t(
            "privacy.row.role",
            role=self.role(str(fields["role"])),
            scope=self.t("scope.network") if scope == NETWORK else self.space(scope),
            day=fields["granted_on"],
            until=fields["until"] or self.t("privacy.no_end"),
        )

    def role(self, role: str) -> Markup:
        """Return what a role is called."""
        return self.t(f"role.{role}")

    def _affiliation(self, fields: Mapping[str, object]) -> Markup:
        title, since = fields["organisation"], fields["since"]
        if fields["state"] != "confirmed":
            return self.t("privacy.row.organisation_offered", organisation=title, day=since)
        if fields["steward"]:
            return self.t("privacy.row.organisation_steward", organisation=title, day=since)
        return self.t("privacy.row.organisation", organisation=title, day=since)

    def _invite(self, fields: Mapping[str, object]) -> Markup:
        ends = fields["expires_at"]
        assert isinstance(ends, datetime)
        return self.t("privacy.row.invite", label=fields["label"], day=ends.date())

    def _vouch(self, fields: Mapping[str, object]) -> Markup:
        if fields["given"]:
            return self.t("privacy.row.vouch_given", day=fields["vouched_on"])
        return self.t("privacy.row.vouch_received", day=fields["vouched_on"])

    def _buddy(self, _fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.buddy")

    def _link_code(self, _fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.link_code")

    def _request(self, fields: Mapping[str, object]) -> Markup:
        kind = self.t(KINDS[str(fields["kind"])])
        common = {"kind": kind, "note": fields["note"], "day": fields["opened_on"]}
        if fields["done_on"] is not None:
            return self.t("privacy.row.request_done", **common, done=fields["done_on"])
        return self.t("privacy.row.request", **common, due=fields["due_on"])

    def _viewing(self, fields: Mapping[str, object]) -> Markup:
        times = fields["times"]
        assert isinstance(times, int)
        return self.t.count("privacy.row.viewing", times, role=self.role(str(fields["role"])), day=fields["day"])

    def _effect(self, fields: Mapping[str, object]) -> Markup:
        return self.t(EFFECTS.get(str(fields["kind"]), key("privacy.row.effect_other")))

    def _arrival(self, fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.arrival", platform=PLATFORMS[str(fields["platform"])])

    def _dialogue(self, _fields: Mapping[str, object]) -> Markup:
        return self.t("privacy.row.dialogue")


def last_day(row: KeptRow) -> date:
    """Return the last day on which a row is still there; it goes with the day's end."""
    return (row.keep_until - timedelta(microseconds=1)).date()


_SAYING: dict[str, Callable[[RowWords, Mapping[str, object]], Markup]] = {
    "member": RowWords._member,
    "member_key": RowWords._key,
    "identity": RowWords._identity,
    "consent": RowWords._consent,
    "space_member": RowWords._space,
    "space_request": RowWords._space_request,
    "space_work": RowWords._space_work,
    "cohort_member": RowWords._cohort,
    "role_grant": RowWords._role,
    "affiliation": RowWords._affiliation,
    "invite": RowWords._invite,
    "vouch": RowWords._vouch,
    "buddy_request": RowWords._buddy,
    "link_code": RowWords._link_code,
    "data_request": RowWords._request,
    "viewing": RowWords._viewing,
    "effect": RowWords._effect,
    "arrival": RowWords._arrival,
    "dialogue": RowWords._dialogue,
}

TABLES_SAID = frozenset(_SAYING)
"""Tables with a sentence of their own; a test holds this against what an export can hold."""


def viewed_line(words: RowWords, day: date, role: str, times: int) -> Markup:
    """Return one item of the list of who looked at a record."""
    return Markup(f"- {words.t.count('privacy.row.viewing', times, role=words.role(role), day=day)}")

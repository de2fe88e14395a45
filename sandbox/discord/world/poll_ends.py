"""The end of a poll, which Discord tells the channel of in a message of its own."""

from datetime import datetime
from typing import Any

from simcord.backend import Backend
from simcord.backend.models import Message, Poll
from simcord.enums import MessageType


class PollingBackend(Backend):
    """Tell the result of a poll."""

    def expire_poll(self, channel_id: int, message_id: int) -> Message:
        """End a poll and post its result (message.mdx, Poll Result Embed); SimCord only marks it as ended."""
        before = self.get_message(channel_id, message_id)
        running = before.poll is not None and not before.poll.finalized
        message = super().expire_poll(channel_id, message_id)
        if running and message.poll is not None:
            result = Message(
                id=self.snowflake(),
                channel_id=channel_id,
                author_id=message.author_id,
                timestamp=self.now_iso(),
                type=MessageType.POLL_RESULT,
                embeds=[_result(message.poll)],
                reference={"type": 0, "channel_id": str(channel_id), "message_id": str(message_id)},
            )
            self.commit_message(result)
        return message

    def expire_due_polls(self) -> None:
        """End the polls whose time has come; the results are new messages, so the list is made first."""
        now = self.clock.now()
        due = [
            (message.channel_id, message.id)
            for messages in self.messages.values()
            for message in messages.values()
            if message.poll is not None
            and not message.poll.finalized
            and datetime.fromisoformat(message.poll.expiry) <= now
        ]
        for channel_id, message_id in due:
            self.expire_poll(channel_id, message_id)


def _result(poll: Poll) -> dict[str, Any]:
    votes = {answer.answer_id: len(poll.votes.get(answer.answer_id, ())) for answer in poll.answers}
    most = max(votes.values(), default=0)
    winners = [answer for answer in poll.answers if most and votes[answer.answer_id] == most]
    told: dict[str, Any] = {
        "poll_question_text": poll.question,
        "victor_answer_votes": most,
        "total_votes": sum(votes.values()),
    }
    if len(winners) == 1:
        told |= {"victor_answer_id": winners[0].answer_id, "victor_answer_text": winners[0].text or ""}
    fields = [{"name": name, "value": str(value), "inline": False} for name, value in told.items()]
    return {"type": "poll_result", "fields": fields}

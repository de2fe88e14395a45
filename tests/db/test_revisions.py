"""What is read from the migrations' files is what Alembic would say."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory

from db.revisions import MIGRATIONS, head, revisions


def test_the_revisions_and_the_head_are_those_alembic_knows() -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    directory = ScriptDirectory.from_config(configuration)
    assert head() == directory.get_current_head()
    assert revisions() == {each.revision: each.down_revision for each in directory.walk_revisions()}

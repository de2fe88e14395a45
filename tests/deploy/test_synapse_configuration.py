"""Synapse understands what this network asks of its homeserver: it says nothing about keys it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sandbox.matrix.configuration import Configuration

READ = """
import json, logging.config, sys
import yaml
from synapse.config.homeserver import HomeServerConfig

main, network, log = sys.argv[1:]
read = HomeServerConfig.load_config("", ["--config-path", main, "--config-path", network])
with open(log) as file:
    logging.config.dictConfig(yaml.safe_load(file))
print(json.dumps({
    "registration": read.registration.enable_registration,
    "addresses": read.server.user_ips_max_age,
    "redactions": read.server.redaction_retention_period,
    "presence": read.server.presence_enabled,
    "profiles_need_login": read.server.require_auth_for_profile_requests,
    "profiles_need_shared_room": read.server.limit_profile_requests_to_users_who_share_rooms,
    "profiles_in_invites": read.server.include_profile_data_on_invite,
    "push_content": read.push.push_include_content,
    "previews": read.media.url_preview_enabled,
    "reports": read.metrics.report_stats,
    "log": read.logging.log_config,
    "logs_info": logging.getLogger("synapse.access").isEnabledFor(logging.INFO),
}))
"""


def test_synapse_keeps_little_shows_little_and_reports_nothing(root: Path, tmp_path: Path) -> None:
    generated = Configuration(
        folder=tmp_path,
        server_name="river.localhost",
        port=8008,
        registration_shared_secret="a-secret",
        default_limits=True,
    ).write()
    ours = root / "deploy" / "synapse"

    read = subprocess.run(
        [sys.executable, "-c", READ, str(generated), str(ours / "network.yaml"), str(ours / "log.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert read.returncode == 0, read.stderr
    hour = 60 * 60 * 1000
    assert json.loads(read.stdout.splitlines()[-1]) == {
        "registration": False,
        "addresses": 24 * hour,
        "redactions": hour,
        "presence": False,
        "profiles_need_login": True,
        "profiles_need_shared_room": True,
        "profiles_in_invites": False,
        "push_content": False,
        "previews": False,
        "reports": False,
        "log": "/etc/synapse/log.yaml",
        "logs_info": False,
    }

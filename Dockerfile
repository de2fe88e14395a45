# The bot as an image: built from pinned, hash-checked packages, run without any privilege.
#
# The base image is named by its tag: its digest has not been looked up, and none is made up here. Whoever publishes
# images should pin it: docker buildx imagetools inspect python:3.12-slim
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_NO_CACHE=1

WORKDIR /build
COPY constraints.txt ./

# What builds and installs the rest, itself checked against the hashes in constraints.txt: the lines of these packages
# and their hashes, nothing else of that file.
RUN awk '/^[a-z0-9]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers|uv)==/ } wanted' \
        constraints.txt > tools.txt \
    && pip install --require-hashes --no-deps --only-binary :all: -r tools.txt

COPY . ./

# The bot is built into a wheel, because a folder has no hash and one thing without a hash ends all checking. pip before
# 26.3 takes no hashes from a constraints file; uv does, and refuses a package that is changed, missing there, or
# without a hash. Tried with each of the three. Wheels only: a source package would run its own code to be built.
RUN python -m hatchling build --target wheel --directory /build/wheel \
    && set -- /build/wheel/*.whl \
    && hash="$(sha256sum "$1" | cut -d ' ' -f 1)" \
    && echo "community-bot[postgres] @ file://$1 --hash=sha256:$hash" > bot.txt \
    && python -m venv --without-pip /opt/community-bot \
    && uv pip install --python /opt/community-bot/bin/python --no-config --require-hashes --only-binary :all: \
        --compile-bytecode --requirement bot.txt --constraint constraints.txt


FROM python:3.12-slim

LABEL org.opencontainers.image.title="community-bot" \
      org.opencontainers.image.licenses="Apache-2.0"

# HOME: the user below has no entry in the password file, and nothing of its own to keep outside /data.
ENV PATH=/opt/community-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp

COPY --from=build /opt/community-bot /opt/community-bot

# A new volume mounted here takes over the owner.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data

# In the root folder the defaults fit: config/network.toml is /config/network.toml, data/community.db is
# /data/community.db.
WORKDIR /
USER 10001:10001

HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 CMD ["community-bot", "health"]
ENTRYPOINT ["community-bot"]
CMD ["run"]

# The agent in a container: `edge-agent run` starts and restarts its four roles. Built and tried by ./run image.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS builder
# Where pip finds packages comes from whoever builds: --build-arg PIP_INDEX_URL=…; a house's own certificate authority
# as --secret id=ca,src=FILE. Neither reaches the final stage.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG PIP_DEFAULT_TIMEOUT
ARG PIP_RETRIES
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends python3 python3-venv >/dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/agent.txt /build/agent.txt
# First what builds packages, so that nothing unlocked is fetched for the few that have no wheel.
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv /opt/campus-edge \
    && awk '/^[a-z]/{wanted = /^(packaging|setuptools|wheel)==/} wanted' /build/agent.txt >/build/build.txt \
    && pip="/opt/campus-edge/bin/pip --no-cache-dir --disable-pip-version-check install -q --require-hashes" \
    && $pip -r /build/build.txt \
    && $pip --no-build-isolation -r /build/agent.txt
COPY . /build/tree
# The center and the simulator are not copied (.dockerignore), so their commands go too; so do the tools of building.
RUN /opt/campus-edge/bin/pip install -q --no-deps --no-build-isolation --no-index /build/tree \
    && rm -f /opt/campus-edge/bin/campus-center /opt/campus-edge/bin/campus-simulator \
    && /opt/campus-edge/bin/pip uninstall -q -y setuptools wheel pip

FROM ${BASE}
# fonts-noto-cjk has the rare characters of people's names; a missing glyph fails a document.
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends python3 fonts-noto-cjk >/dev/null \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 990 --home-dir /var/lib/campus-edge --shell /usr/sbin/nologin campus-edge \
    && mkdir -p /etc/campus-edge /var/lib/campus-edge/state /var/lib/campus-edge/footage \
    && chown -R campus-edge: /var/lib/campus-edge
COPY --from=builder /opt/campus-edge /opt/campus-edge
ENV PATH=/opt/campus-edge/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    EDGE_AGENT_CONFIG=/etc/campus-edge/campus.yaml \
    EDGE_AGENT_STATE=/var/lib/campus-edge/state \
    CAMPUS_HEALTH_URL=http://127.0.0.1:8080/
USER campus-edge
WORKDIR /var/lib/campus-edge
VOLUME ["/var/lib/campus-edge/state", "/var/lib/campus-edge/footage"]
EXPOSE 8080 8081
# The gate comes first: a container whose gate page does not answer is not well, whatever the other roles do.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['CAMPUS_HEALTH_URL'], timeout=8)"]
CMD ["edge-agent", "run"]

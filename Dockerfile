# syntax=docker/dockerfile:1
# One image for every part of Airflow, its workers and the mail capture server; docker-compose.yml says which runs.
# The lock carries the tools of the tests too: what runs in an office is what was tested.
# docker/try-in-a-folder.sh does these steps without a container engine.

FROM python:3.12.12-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/python -m pip install --require-hashes --only-binary :all: -r /tmp/requirements.lock -c /tmp/requirements.lock
WORKDIR /opt/ky-bao-cao
COPY pyproject.toml README.md CHANGELOG.md ./
COPY expectations expectations
COPY include include
COPY plugins plugins
COPY dags dags
# the command `reporting`; everything it needs is in the lock
RUN /opt/venv/bin/python -m pip install --no-deps --no-build-isolation --editable .
# nothing is compiled in a container, whose folders are read-only
RUN /opt/venv/bin/python -m compileall -q -j 0 /opt/venv /opt/ky-bao-cao || true

FROM python:3.12.12-slim-bookworm
# Writer and Calc make the PDFs, the fonts stand in for Times New Roman, poppler turns PDFs into pictures.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      fonts-croscore fonts-liberation libreoffice-calc libreoffice-writer poppler-utils \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 reporting \
 && useradd --uid 10001 --gid reporting --home-dir /home/reporting --create-home --shell /usr/sbin/nologin reporting \
 && install --directory --owner reporting --group reporting --mode 0700 \
      /opt/airflow /opt/airflow/logs /srv/reporting \
      /srv/reporting/archive /srv/reporting/backups /srv/reporting/desk /srv/reporting/inbox
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/ky-bao-cao /opt/ky-bao-cao
WORKDIR /opt/ky-bao-cao
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/ky-bao-cao/include:/opt/ky-bao-cao/plugins \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 HOME=/home/reporting MPLCONFIGDIR=/home/reporting/.config/matplotlib \
    AIRFLOW_HOME=/opt/airflow \
    GX_ANALYTICS_ENABLED=False DO_NOT_TRACK=1
USER 10001:10001
# Puts the mounted secrets into the environment, then becomes the program that is named.
ENTRYPOINT ["python", "-m", "local_stack.container", "run"]
CMD ["airflow", "version"]

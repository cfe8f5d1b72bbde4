# syntax=docker/dockerfile:1
# One image for every part of Airflow and for the mail capture server; docker-compose.yml says which runs.
# The lock carries the tools of the tests too: what runs in an office is what was tested.

FROM python:3.12.12-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/python -m pip install --require-hashes --only-binary :all: -r /tmp/requirements.lock

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
      /srv/reporting/archive /srv/reporting/desk /srv/reporting/inbox
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/ky-bao-cao
COPY pyproject.toml README.md CHANGELOG.md ./
COPY expectations expectations
COPY include include
COPY plugins plugins
COPY dags dags
# the command `reporting`; everything it needs is in the lock
RUN /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable .
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

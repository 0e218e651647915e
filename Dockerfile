# pg_dump, pg_restore and psql of the server's version, with what they load; both images are of the same Debian.
FROM postgres:18-trixie AS postgres
RUN install --directory /client/bin /client/lib \
    && cp /usr/lib/postgresql/18/bin/pg_dump /usr/lib/postgresql/18/bin/pg_restore /usr/lib/postgresql/18/bin/psql /client/bin \
    && ldd /client/bin/* | awk '/=> \// { print $3 }' | sort --unique | grep --invert-match '/libc\.so\|/libm\.so' \
    | xargs cp --dereference --target-directory /client/lib


FROM python:3.11-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# For SENTRY_DSN and OTEL_EXPORTER_OTLP_ENDPOINT: docker build --build-arg TELEMETRY=yes
ARG TELEMETRY=
RUN python -m venv /venv
COPY requirements.txt requirements-telemetry.txt /
RUN /venv/bin/pip install --requirement /requirements.txt ${TELEMETRY:+--requirement /requirements-telemetry.txt} \
    && /venv/bin/pip uninstall --yes pip


FROM python:3.11-slim-trixie
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    MEDIA_ROOT=/media \
    PRIVATE_ROOT=/private \
    PROMETHEUS_MULTIPROC_DIR=/run/shop/metrics \
    MALLOC_ARENA_MAX=2
COPY --from=postgres /client/bin/ /usr/local/bin/
COPY --from=postgres /client/lib/ /usr/local/lib/postgresql-client/
# After the system's own folders, so that what the system has itself is taken from there.
RUN echo /usr/local/lib/postgresql-client > /etc/ld.so.conf.d/zz-postgresql-client.conf \
    && ldconfig \
    && pg_dump --version && pg_restore --version && psql --version
RUN groupadd --system --gid 10001 shop \
    && useradd --system --uid 10001 --gid shop --home-dir /app --no-create-home --shell /usr/sbin/nologin shop \
    && install --directory --owner shop --group shop /media /private /backups /run/shop
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# The settings refuse to start without these; nothing of them stays in the image.
RUN DATABASE_URL=postgres://build@127.0.0.1:1/build REDIS_URL=redis://127.0.0.1:1/0 \
    SECRET_KEY=only-while-the-image-is-built JWT_SIGNING_KEY=only-while-the-image-is-built ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput --verbosity 0
USER shop
VOLUME ["/media", "/private", "/backups"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "config/healthcheck.py"]
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "128", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "20"]

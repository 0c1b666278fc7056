# One image for every process of Everthread: `manage.py setup`, `web` and `worker`. Each step is a target of the Makefile,
# so that what an image holds can be made, and tried, without one.

FROM python:3.13.14-slim-trixie AS build
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*

# Packages first: they change least.
COPY Makefile pyproject.toml uv.lock ./
COPY scripts/ scripts/
COPY chatapp/__init__.py chatapp/steps.py chatapp/
RUN make packages

COPY package.json package-lock.json tsconfig.json ./
COPY frontend/ frontend/
COPY static/ static/
RUN make frontend

COPY manage.py ./
COPY chatapp/ chatapp/
COPY memory/ memory/
COPY templates/ templates/
RUN make static
RUN make slim

FROM python:3.13.14-slim-trixie
LABEL org.opencontainers.image.title="Everthread" org.opencontainers.image.licenses="MIT"
WORKDIR /app
RUN groupadd --system --gid 10001 everthread \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin everthread
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PRODUCTION=1 \
    DATA_DIR=/app/var \
    HOST=0.0.0.0
# All of it belongs to root and nothing to the account: a process that is broken into cannot change the program.
COPY --from=build /app/.venv/ .venv/
COPY --from=build /app/var/static/ var/static/
COPY --from=build /app/manage.py ./
COPY --from=build /app/chatapp/ chatapp/
COPY --from=build /app/memory/ memory/
COPY --from=build /app/templates/ templates/
USER 10001:10001
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "chatapp.probe", "http://127.0.0.1:8000/readyz"]
CMD ["python", "manage.py", "web"]

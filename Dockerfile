# The service as a container: docs/how-to/run-in-a-container.md says how to use it.

FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schema schema
COPY engine engine
COPY api api
RUN /venv/bin/pip install --no-cache-dir --constraint constraints.txt --editable .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home release-health \
    && install --directory --owner=release-health /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RELEASE_HEALTH_DATABASE=/data/release-health.duckdb \
    RELEASE_HEALTH_HOST=0.0.0.0 \
    RELEASE_HEALTH_PORT=8000
USER release-health
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", \
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["release-health"]
CMD ["serve"]

# The gateway. Build and run it by "docker compose up --build" (docker-compose.yml); docs/deploy.md says the rest.

# What building and running have in common: Node, and Debian's ffmpeg, which gets security updates by a rebuild.
# The libraries are those of a mediasoup worker that was compiled in the build stage; mediasoup's own prebuilt one
# brings its libraries along.
FROM node:24-bookworm-slim AS base
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    ca-certificates \
    ffmpeg \
    libabsl20220623 \
    libsrtp2-1 \
    libssl3 \
    libuv1 \
  && rm -rf /var/lib/apt/lists/*
ENV FFMPEG_PATH=/usr/bin/ffmpeg


FROM base AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/ scripts/
COPY player/ player/
COPY src/ src/
# The same set-up as in a checkout: the npm packages, mediasoup's worker and the pages. The worker is compiled, which
# takes about 4 minutes; with a pinned hash (scripts/setup/pinned.mjs) the set-up downloads mediasoup's prebuilt one.
ENV SLUICE_CACHE_DIR=/cache
RUN npm run setup
# The cache is empty before, so there is exactly one.
RUN install -D -m 0755 /cache/mediasoup-worker-*/mediasoup-worker /out/mediasoup-worker
# What is left is what src/ imports: Vite and hls.js are in the built pages already.
RUN npm prune --omit=dev --omit=optional --ignore-scripts \
  && rm -rf node_modules/.sluice node_modules/hls.js node_modules/vite node_modules/mediasoup/worker


FROM base
ENV NODE_ENV=production \
    MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker
WORKDIR /app
COPY --from=build /out/mediasoup-worker /usr/local/bin/mediasoup-worker
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/player/dist/ player/dist/
COPY package.json ./
COPY src/ src/

# Targets that people add; streams live in memory.
RUN install -d -o node -g node -m 0700 /state
ENV SLUICE_STATE_DIR=/state
VOLUME /state
USER node
# HTTP, and WebRTC by UDP and TCP; one WebRTC port per worker.
EXPOSE 8080 44444/udp 44444/tcp
# The first SIGTERM ends the streams in good order, in at most 9 seconds.
STOPSIGNAL SIGTERM
# A certificate is for the outside name, not for 127.0.0.1.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch((process.env.SLUICE_TLS_CERT ? 'https' : 'http') + '://127.0.0.1:' + (process.env.SLUICE_HTTP_PORT || 8080) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]

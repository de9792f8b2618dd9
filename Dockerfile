# The page is the same for every processor: it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:24-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci
COPY bin bin
COPY texts texts
COPY web web
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 CARETAKER_DATA=/data CARETAKER_HTTP=0.0.0.0:8080
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are the pinned Node, which the image has, and serial ports.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY LICENSE ./
COPY devices devices
COPY ingest ingest
COPY rules rules
COPY texts texts
COPY plant plant
COPY sites sites
COPY gateway gateway
COPY bin bin
RUN node --disable-warning=ExperimentalWarning bin/strip-types.js
COPY --from=page /app/web/dist web/dist
RUN mkdir /data && chown node:node /data && chmod 700 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/api/v1/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As bin/runtime.js starts it, without a starter between.
ENTRYPOINT ["node", "--optimize-for-size", "--max-semi-space-size=1", "--import", "./bin/stripped-loader.js", "gateway/main.ts"]
CMD ["run", "/etc/caretaker/site.yaml"]

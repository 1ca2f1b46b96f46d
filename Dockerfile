# One image for `rowlock migrate`, `rowlock api` and `rowlock worker`. Your own project adds its tasks/ and sql/
# to /app, by a volume or by `FROM rowlock` and `COPY`; its files import "rowlock" from here.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY tasks tasks
COPY web web
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app/node_modules/rowlock
COPY package.json package-lock.json ./
# Optional packages are Node itself and the embedded Postgres: the image has the one and a server is the other.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY bin bin
COPY sql sql
COPY --from=build /build/dist dist
RUN chmod +x bin/rowlock.js && ln -s /app/node_modules/rowlock/bin/rowlock.js /usr/local/bin/rowlock
WORKDIR /app
USER node
EXPOSE 5680 5681
ENTRYPOINT ["rowlock"]
CMD ["--help"]

# The inbox. Built from the repository's top: see the compose files. All of it is JavaScript, so one build serves every
# processor: docker buildx build --platform linux/amd64,linux/arm64 --file deploy/inbox.Dockerfile .
FROM --platform=$BUILDPLATFORM node:24.4.1-alpine AS build
WORKDIR /src
COPY . .
RUN npm ci --prefix inbox && npm run build --prefix inbox && npm prune --prefix inbox --omit=dev
RUN mkdir /data

FROM node:24.4.1-alpine
ENV NODE_ENV=production INBOX_STORE=/data/inbox.sqlite
COPY --from=build /src/inbox/package.json /inbox/
COPY --from=build /src/inbox/node_modules /inbox/node_modules
COPY --from=build /src/inbox/dist /inbox/dist
COPY --from=build --chown=node:node /data /data
# It writes nothing but its store: run it with --read-only.
USER node
WORKDIR /data
VOLUME /data
ENTRYPOINT ["node", "/inbox/dist/main.js"]

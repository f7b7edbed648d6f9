# The inbox. Built from the repository's top: see the compose files.
FROM node:24.4.1-alpine AS build
WORKDIR /src
COPY . .
RUN npm ci && npm run build:inbox && npm ci --prefix inbox --omit=dev

FROM node:24.4.1-alpine
WORKDIR /inbox
COPY --from=build /src/inbox/package.json ./
COPY --from=build /src/inbox/node_modules ./node_modules
COPY --from=build /src/inbox/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
ENV INBOX_STORE=/data/inbox.sqlite
CMD ["node", "dist/main.js"]

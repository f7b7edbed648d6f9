# n8n's own image with this package in it. Built from the repository's top: see the compose files.
ARG N8N_VERSION

FROM node:24.4.1-alpine AS package
WORKDIR /src
COPY . .
RUN npm ci && npm run build:package && npm pack --ignore-scripts --pack-destination / \
	&& mkdir /package && tar -xzf /n8n-nodes-koeiq-*.tgz --strip-components=1 -C /package

FROM docker.n8n.io/n8nio/n8n:${N8N_VERSION}
COPY --from=package --chown=node:node /package /opt/n8n-nodes-koeiq
COPY --chmod=755 deploy/install-package.sh /install-package.sh
COPY --chmod=644 deploy/queue/drain.cjs /drain.cjs
ENTRYPOINT ["tini", "--", "/install-package.sh", "/docker-entrypoint.sh"]

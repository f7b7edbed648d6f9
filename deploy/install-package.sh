#!/bin/sh
# Puts the image's package into n8n's folder as n8n's installer leaves it, then runs what it is given. At each start,
# since the folder is a volume that outlives the image.
set -eu
package=${KOEIQ_PACKAGE:-/opt/n8n-nodes-koeiq}
nodes=${N8N_USER_FOLDER:-$HOME}/.n8n/nodes
installed=$nodes/node_modules/n8n-nodes-koeiq

mkdir -p "$nodes/node_modules"
rm -rf "$installed"
cp -R "$package" "$installed"
node - "$nodes/package.json" "$package/package.json" <<'JS'
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const [file, packageFile] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const { name, version } = read(packageFile);
const manifest = existsSync(file) ? read(file) : { name: 'installed-nodes', private: true };
manifest.dependencies = { ...manifest.dependencies, [name]: version };
writeFileSync(file, JSON.stringify(manifest));
JS
exec "$@"

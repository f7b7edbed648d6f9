/* Plain Node, so that it runs on a clone on which nothing is installed yet. */
const { dirname, join } = require('node:path');

/** The program of the npm that comes with this Node, or of the one that runs this. */
exports.NPM =
	process.env.npm_execpath ??
	join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');

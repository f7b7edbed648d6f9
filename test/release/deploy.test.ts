import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { parse } from 'yaml';

import { N8N_VERSION } from '../../harness/n8n';
import { ENV_FILE, partsOfQueue, STOP_SIGNAL } from '../../harness/queue';
import { REDIS_ARGUMENTS } from '../../harness/services';

/* The files of deploy/: what they promise, and that they start what the tests start. */

const DEPLOY = join(__dirname, '../../deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

interface Service {
	command?: string;
	networks?: string[];
	ports?: string[];
	env_file?: string;
	environment?: Record<string, string>;
	image?: string;
	build?: { dockerfile: string };
	pull_policy?: string;
	healthcheck?: { test: string[] };
	depends_on?: Record<string, { condition: string }>;
	logging?: { options: Record<string, string> };
	restart?: string;
	stop_grace_period?: string;
	stop_signal?: string;
	volumes?: string[];
}

const DRAIN = read('queue/drain.cjs');
const DRAIN_SECONDS = Number(/DRAIN_MILLISECONDS = (\d+)_000;/.exec(DRAIN)?.[1]);
/** May be left empty in .env. */
const OPTIONAL = ['INBOX_PREVIOUS_WEBHOOK_SECRET', 'INBOX_NOTIFY_URL', 'INBOX_LANGUAGE', 'TZ'];
/** What Docker Compose changes in a value without quotes, or with double ones. */
const TRICKY = 'kQ7$rT2 #x"y';

function open(folder: string) {
	const text = read(`${folder}/docker-compose.yml`);
	const { services, networks } = parse(text, { merge: true }) as {
		services: Record<string, Service>;
		networks?: unknown;
	};
	const lines = read(`${folder}/.env.example`);
	return {
		...{ text, services, networks, lines },
		ofN8n: Object.entries(services).filter(([, { env_file }]) => env_file === 'n8n.env'),
		example: parseEnv(lines) as Record<string, string>,
		settings: parseEnv(folder === 'beside' ? '' : read(`${folder}/n8n.env`)) as Record<
			string,
			string
		>,
	};
}

const SECRET = /SECRET|PASSWORD|KEY|HASH|NOTIFY_URL/;

describe.each(['single', 'queue', 'beside'])('deploy/%s', (folder) => {
	const { text, services, ofN8n, lines, example, settings } = open(folder);

	const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
	(hasCompose ? test : test.skip)('is a file that Docker Compose reads', () => {
		const env = lines.replace(/^(\w+)=$/gm, '$1=set').replaceAll("=''", `='${TRICKY}'`);
		const folderOfEnv = mkdtempSync(join(tmpdir(), 'koeiq-compose-'));
		try {
			writeFileSync(join(folderOfEnv, '.env'), env);
			const { status, stdout, stderr } = spawnSync(
				'docker',
				['compose', '--env-file', join(folderOfEnv, '.env'), 'config', '--format', 'json'],
				{ cwd: join(DEPLOY, folder), encoding: 'utf8' },
			);
			expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
			// It writes $ as $$, for whoever reads its output as a compose file again.
			expect(stdout.replaceAll('$$', '$')).toContain(
				`"INBOX_WEBHOOK_SECRET": ${JSON.stringify(TRICKY)}`,
			);
		} finally {
			rmSync(folderOfEnv, { recursive: true });
		}
	});

	test('has every secret between single quotes: Docker Compose reads $ and # without them', () => {
		const secrets = lines.split('\n').filter((line) => SECRET.test(line.split('=')[0] ?? ''));
		expect(secrets.length).toBeGreaterThan(3);
		for (const line of secrets) if (!line.startsWith('#')) expect(line).toMatch(/^\w+=''$/);
	});

	if (folder !== 'beside') {
		test('runs the n8n that is tested, in the time zone of whoever runs it', () => {
			expect(example.N8N_VERSION).toBe(N8N_VERSION);
			for (const [, { environment }] of ofN8n) {
				expect(environment?.GENERIC_TIMEZONE).toMatch(/^\$\{GENERIC_TIMEZONE:\?/);
			}
		});

		test('makes the owner before anybody can reach the editor', () => {
			const environments = ofN8n.map(([, { environment }]) => ({ ...settings, ...environment }));
			expect(environments).toContainEqual(
				expect.objectContaining({
					N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
					N8N_INSTANCE_OWNER_EMAIL: expect.stringContaining('OWNER_EMAIL') as string,
					N8N_INSTANCE_OWNER_PASSWORD_HASH: expect.stringContaining(
						'OWNER_PASSWORD_HASH',
					) as string,
				}),
			);
		});

		test('deletes old executions, and none for their number', () => {
			expect(settings).toMatchObject({
				EXECUTIONS_DATA_PRUNE: 'true',
				EXECUTIONS_DATA_PRUNE_MAX_COUNT: '0',
			});
		});
	}

	test('has every variable in .env.example, and stops if one that it needs is empty', () => {
		const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
		expect([...used].sort()).toEqual(Object.keys(example).sort());
		for (const name of Object.keys(example).filter((known) => !OPTIONAL.includes(known))) {
			expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?Set ${name} in \\.env`));
		}
	});

	test('has no secret in a file that is committed', () => {
		const secrets = Object.entries({ ...example, ...settings }).filter(([name]) =>
			SECRET.test(name),
		);
		for (const [name, value] of secrets) expect([name, value]).toEqual([name, '']);
	});

	test.each(Object.entries(services))('%s has a version, and its log is bounded', (_, service) => {
		expect(service.image ?? service.build?.dockerfile).toMatch(
			/^deploy\/\w+\.Dockerfile$|:\d+\.\d+\.\d+|:\d+\.\d+-|:\$\{N8N_VERSION\}$/,
		);
		expect(service.restart).toBe('unless-stopped');
		expect(Number(service.logging?.options['max-file'])).toBeGreaterThan(1);
		expect(service.logging?.options['max-size']).toMatch(/^\d+m$/);
	});

	test.each(Object.entries(services))('%s says whether it is healthy', (name, { healthcheck }) => {
		const check = healthcheck?.test.join(' ') ?? '';
		if (ofN8n.some(([part]) => part === name)) {
			expect(check).toContain('http://127.0.0.1:5678/healthz/readiness');
		} else if (name !== 'proxy') expect(check).not.toBe('');
	});

	test('gives n8n time to end what is under way', () => {
		const shutdown = Number(settings.N8N_GRACEFUL_SHUTDOWN_TIMEOUT);
		for (const [, service] of ofN8n) {
			const grace = /^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1];
			const drain = service.stop_signal ? DRAIN_SECONDS : 0;
			expect(shutdown + drain).toBeLessThan(Number(grace));
		}
	});

	test('gives the inbox time to end what is under way', () => {
		const inbox = services.inbox ?? services['koeiq-inbox'];
		expect(inbox?.stop_grace_period).toBe('40s');
	});
});

test.each([
	['single', 'n8n', 'n8n:/home/node/.n8n'],
	['single', 'inbox', 'inbox:/data'],
	['beside', 'koeiq-inbox', 'inbox:/data'],
	['queue', 'postgres', 'postgres:/var/lib/postgresql/data'],
	['queue', 'redis', 'redis:/data'],
])('deploy/%s keeps the data of %s in a volume', (folder, name, volume) => {
	expect(open(folder).services[name]?.volumes).toContain(volume);
});

test.each(['n8n.Dockerfile', 'inbox.Dockerfile'])('%s is built on pinned images', (file) => {
	const images = [...read(file).matchAll(/^FROM (?:--\S+ )?(\S+)/gm)].map(([, image]) => image);
	expect(images.length).toBeGreaterThan(0);
	for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+-alpine$|:\$\{N8N_VERSION\}$/);
});

test('deploy/beside adds the inbox to the network of n8n, and nothing else', () => {
	const { services, networks } = open('beside');
	expect(Object.keys(services)).toEqual(['koeiq-inbox']);
	expect(networks).toEqual({
		n8n: { external: true, name: expect.stringContaining('${N8N_NETWORK:?') as string },
	});
	const { networks: joined, ports = [] } = services['koeiq-inbox'] ?? {};
	expect(joined).toEqual(['n8n']);
	for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test.each(['single', 'queue'])('deploy/%s has every file that its proxy imports', (folder) => {
	const { volumes } = open(folder).services.proxy ?? {};
	expect(read(`${folder}/Caddyfile`)).toContain('import ../proxies/koeiq.caddy');
	expect(volumes).toContain('./Caddyfile:/etc/caddy/Caddyfile:ro');
	expect(volumes).toContain('../proxies/koeiq.caddy:/etc/proxies/koeiq.caddy:ro');
});

/* Traefik is no package of Debian: nobody has run its files. */
describe.each(['inbox', 'trigger'])('deploy/proxies/%s.traefik.yml', (name) => {
	const { http } = parse(read(`proxies/${name}.traefik.yml`)) as {
		http: Record<
			'routers' | 'middlewares' | 'services' | 'serversTransports',
			Record<string, Record<string, unknown>>
		>;
	};

	test('names only what it has', () => {
		for (const { middlewares = [], service } of Object.values(http.routers)) {
			expect(Object.keys(http.services)).toContain(service);
			expect(Object.keys(http.middlewares)).toEqual(
				expect.arrayContaining(middlewares as string[]),
			);
		}
		for (const { loadBalancer } of Object.values(http.services)) {
			const { serversTransport } = loadBalancer as { serversTransport?: string };
			if (serversTransport !== undefined) {
				expect(http.serversTransports).toHaveProperty([serversTransport]);
			}
		}
	});

	test('has rules whose parts Traefik 3 knows, for its one host', () => {
		const matchers = /^(Host|PathRegexp|Method|HeaderRegexp)$/;
		for (const { rule } of Object.values(http.routers)) {
			expect(rule).toMatch(/^Host\(`n8n\.example\.com`\) && /);
			const outside = String(rule).replace(/`[^`]*`/g, '_');
			for (const [, matcher] of outside.matchAll(/(\w+)\(/g)) expect(matcher).toMatch(matchers);
			expect(outside.replace(/\w+\(_(, _)?\)|&&|\|\||[!()\s]/g, '')).toBe('');
		}
	});
});

describe('deploy/queue', () => {
	const { services, ofN8n, settings } = open('queue');

	test('runs what the tests and npm run start:queue run', () => {
		expect(ENV_FILE).toBe(join(DEPLOY, 'queue/n8n.env'));
		const commands = ofN8n.map(([name, { command }]) => [name, command]);
		expect(Object.fromEntries(commands)).toEqual(partsOfQueue);
		const redis = REDIS_ARGUMENTS.map((value) => (value === '' ? '""' : value)).join(' ');
		expect(services.redis?.command).toBe(`redis-server ${redis}`);
	});

	test('takes the image of n8n from no registry: main builds it', () => {
		for (const [name, { image, pull_policy, build }] of ofN8n) {
			expect([name, image, pull_policy]).toEqual([name, 'n8n-koeiq:${N8N_VERSION}', 'never']);
			expect(build?.dockerfile).toBe(name === 'main' ? 'deploy/n8n.Dockerfile' : undefined);
		}
		expect(settings.QUEUE_HEALTH_CHECK_ACTIVE).toBe('true');
	});

	test('starts the other parts of n8n once main has made the tables', () => {
		for (const [name, { depends_on }] of ofN8n) {
			const expected = name === 'main' ? undefined : { condition: 'service_healthy' };
			expect([name, depends_on?.main]).toEqual([name, expected]);
		}
	});

	test('finds PostgreSQL, Redis and the webhook processors at their services', () => {
		expect(services).toHaveProperty(settings.DB_POSTGRESDB_HOST ?? '');
		expect(services).toHaveProperty(settings.QUEUE_BULL_REDIS_HOST ?? '');
		expect(services.inbox?.environment?.INBOX_STORE).toMatch(/@postgres:5432\/inbox$/);
		expect(read('queue/make-inbox-database.sql')).toContain('CREATE DATABASE inbox;');
		expect(read('queue/Caddyfile')).toContain('{$WEBHOOKS:webhook1:5678 webhook2:5678}');
	});

	test('stops a webhook processor once the proxy has noticed', () => {
		for (const [name, { command, stop_signal }] of ofN8n) {
			const expected = command === 'webhook' ? STOP_SIGNAL : undefined;
			expect([name, stop_signal]).toEqual([name, expected]);
		}
		expect(DRAIN).toContain(`SIGNAL = '${STOP_SIGNAL}'`);
		expect(read('n8n.Dockerfile')).toContain(
			`queue/drain.cjs ${settings.EXTERNAL_HOOK_FILES ?? ''}\n`,
		);
		const caddy = read('queue/Caddyfile');
		const seconds = (name: string) => Number(new RegExp(`${name} (\\d+)s`).exec(caddy)?.[1]);
		expect(seconds('health_interval') + seconds('health_timeout')).toBeLessThan(DRAIN_SECONDS);
		expect(caddy).toContain(`health_uri ${/OPEN = '(.+)'/.exec(DRAIN)?.[1] ?? ''}\n`);
	});
});

test('install-package.sh replaces an earlier version, and leaves other packages', () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-image-'));
	const nodes = join(folder, '.n8n/nodes');
	const source = join(folder, 'package');
	try {
		mkdirSync(nodes, { recursive: true });
		writeFileSync(join(nodes, 'package.json'), '{"dependencies":{"n8n-nodes-other":"2.0.0"}}');
		for (const version of ['0.1.0', '0.2.0']) {
			mkdirSync(source, { recursive: true });
			const manifest = JSON.stringify({ name: 'n8n-nodes-koeiq', version });
			writeFileSync(join(source, 'package.json'), manifest);
			writeFileSync(join(source, `only-in-${version}`), '');
			const env = { ...process.env, N8N_USER_FOLDER: folder, KOEIQ_PACKAGE: source };
			const script = join(DEPLOY, 'install-package.sh');
			const { status, stdout } = spawnSync(script, ['echo', version], { env, encoding: 'utf8' });
			expect({ status, stdout }).toEqual({ status: 0, stdout: `${version}\n` });
			rmSync(source, { recursive: true });
		}

		expect(JSON.parse(readFileSync(join(nodes, 'package.json'), 'utf8'))).toEqual({
			dependencies: { 'n8n-nodes-other': '2.0.0', 'n8n-nodes-koeiq': '0.2.0' },
		});
		const installed = join(nodes, 'node_modules/n8n-nodes-koeiq');
		expect(() => readFileSync(join(installed, 'only-in-0.1.0'))).toThrow('ENOENT');
		expect(readFileSync(join(installed, 'only-in-0.2.0'), 'utf8')).toBe('');
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

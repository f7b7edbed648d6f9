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
const OPTIONAL = ['INBOX_PREVIOUS_WEBHOOK_SECRET'];

function open(folder: string) {
	const text = read(`${folder}/docker-compose.yml`);
	const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
	return {
		text,
		services,
		ofN8n: Object.entries(services).filter(([, { env_file }]) => env_file === 'n8n.env'),
		example: parseEnv(read(`${folder}/.env.example`)) as Record<string, string>,
		settings: parseEnv(read(`${folder}/n8n.env`)) as Record<string, string>,
	};
}

describe.each(['single', 'queue'])('deploy/%s', (folder) => {
	const { text, services, ofN8n, example, settings } = open(folder);

	const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
	(hasCompose ? test : test.skip)('is a file that Docker Compose reads', () => {
		const env = Object.keys(example).map((name) => [name, example[name] || 'set']);
		const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], {
			cwd: join(DEPLOY, folder),
			env: { ...process.env, ...(Object.fromEntries(env) as NodeJS.ProcessEnv) },
			encoding: 'utf8',
		});
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	});

	test('runs the n8n that is tested', () => {
		expect(example.N8N_VERSION).toBe(N8N_VERSION);
	});

	test('has every variable in .env.example, and stops if one that it needs is empty', () => {
		const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
		expect([...used].sort()).toEqual(Object.keys(example).sort());
		for (const name of Object.keys(example).filter((known) => !OPTIONAL.includes(known))) {
			expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?Set ${name} in \\.env`));
		}
	});

	test('has no secret in a file that is committed', () => {
		const secrets = Object.entries({ ...example, ...settings }).filter(([name]) =>
			/SECRET|PASSWORD|KEY|HASH/.test(name),
		);
		for (const [name, value] of secrets) expect([name, value]).toEqual([name, '']);
	});

	test('makes the owner before anybody can reach the editor', () => {
		const environments = ofN8n.map(([, { environment }]) => ({ ...settings, ...environment }));
		expect(environments).toContainEqual(
			expect.objectContaining({
				N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
				N8N_INSTANCE_OWNER_EMAIL: expect.stringContaining('OWNER_EMAIL') as string,
				N8N_INSTANCE_OWNER_PASSWORD_HASH: expect.stringContaining('OWNER_PASSWORD_HASH') as string,
			}),
		);
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

	test.each(ofN8n)('%s is given time to end what is under way', (_, service) => {
		const grace = /^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1];
		const shutdown = Number(settings.N8N_GRACEFUL_SHUTDOWN_TIMEOUT);
		expect(shutdown + (service.stop_signal ? DRAIN_SECONDS : 0)).toBeLessThan(Number(grace));
	});

	test('deletes old executions, and none for their number', () => {
		expect(settings).toMatchObject({
			EXECUTIONS_DATA_PRUNE: 'true',
			EXECUTIONS_DATA_PRUNE_MAX_COUNT: '0',
		});
	});
});

test.each([
	['single', 'n8n', 'n8n:/home/node/.n8n'],
	['single', 'inbox', 'inbox:/data'],
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
		expect(read('queue/Caddyfile')).toContain('{$PROXY_WEBHOOK:webhook1:5678 webhook2:5678}');
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

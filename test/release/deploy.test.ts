import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { parse } from 'yaml';

import { N8N_VERSION } from '../../harness/n8n';
import { ENV_FILE, partsOfQueue, STOP_SIGNAL } from '../../harness/queue';
import { REDIS_ARGUMENTS } from '../../harness/services';
import { template } from '../../harness/templates';
import { nodeOf } from '../../harness/workflow';

/* The files of deploy/, held to what the tests start. */

const DEPLOY = join(__dirname, '../../deploy');

interface Service {
	command?: string;
	env_file?: string;
	environment?: Record<string, string>;
	image?: string;
	pull_policy?: string;
	build?: { context: string; dockerfile: string };
	depends_on?: Record<string, { condition: string }>;
	healthcheck?: { test: string[] };
	logging?: { options: Record<string, string> };
	restart?: string;
	stop_grace_period?: string;
	stop_signal?: string;
	volumes?: string[];
}

const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

const DRAIN = read('queue/drain.cjs');
const DRAIN_SECONDS =
	Number(/DRAIN_MILLISECONDS = ([\d_]+);/.exec(DRAIN)?.[1]?.replace('_', '')) / 1000;

function open(folder: string) {
	const text = read(`${folder}/docker-compose.yml`);
	const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
	const ofN8n = Object.entries(services).filter(
		([name, { image }]) => name === 'n8n' || image?.startsWith('n8n-koeiq:'),
	);
	return {
		text,
		services,
		ofN8n,
		example: parseEnv(read(`${folder}/.env.example`)) as Record<string, string>,
		n8n: parseEnv(read(`${folder}/n8n.env`)) as Record<string, string>,
	};
}

describe.each(['single', 'queue'])('deploy/%s', (folder) => {
	const { text, services, ofN8n, example, n8n } = open(folder);

	test('has n8n, the inbox and the proxy', () => {
		expect(ofN8n.length).toBeGreaterThan(0);
		expect(services).toMatchObject({ inbox: {}, proxy: {} });
	});

	test('runs the n8n that is tested', () => {
		expect(example.N8N_VERSION).toBe(N8N_VERSION);
	});

	test('names every variable in .env.example, and reads no other', () => {
		const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
		expect([...used].sort()).toEqual(Object.keys(example).sort());
	});

	test('stops with a sentence if a setting is empty that it cannot do without', () => {
		const optional = ['INBOX_FORWARD_TO', 'INBOX_PREVIOUS_WEBHOOK_SECRET'];
		for (const name of Object.keys(example).filter((known) => !optional.includes(known))) {
			expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?Set ${name} in \\.env`));
		}
	});

	test('has no secret in a file that is committed', () => {
		for (const [name, value] of Object.entries({ ...example, ...n8n })) {
			if (/SECRET|PASSWORD|KEY|HASH/.test(name)) expect([name, value]).toEqual([name, '']);
		}
	});

	test('makes the owner before anybody can reach the editor', () => {
		const settings = ofN8n.map(([, { environment }]) => ({ ...n8n, ...environment }));
		const owner = settings.find((one) => one.N8N_INSTANCE_OWNER_MANAGED_BY_ENV === 'true');
		expect(owner).toMatchObject({
			N8N_INSTANCE_OWNER_EMAIL: expect.stringContaining('OWNER_EMAIL') as string,
			N8N_INSTANCE_OWNER_PASSWORD_HASH: expect.stringContaining('OWNER_PASSWORD_HASH') as string,
		});
	});

	test.each(Object.entries(services))('%s is pinned, watched, and its log is bounded', (_, one) => {
		expect(one.image ?? one.build?.dockerfile).toMatch(
			/^deploy\/\w+\.Dockerfile$|:\d+\.\d+\.\d+|:\d+\.\d+-|:\$\{N8N_VERSION\}$/,
		);
		expect(one.restart).toBe('unless-stopped');
		expect(Number(one.logging?.options['max-file'])).toBeGreaterThan(1);
		expect(one.logging?.options['max-size']).toMatch(/^\d+m$/);
	});

	test('all but the proxy tell whether they are healthy', () => {
		for (const [name, { healthcheck }] of Object.entries(services)) {
			if (name !== 'proxy')
				expect([name, healthcheck?.test[0]]).toEqual([name, expect.any(String)]);
		}
	});

	test.each(ofN8n)('%s may end what is under way before it is stopped', (_, service) => {
		const grace = /^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1];
		const shutdown = Number(n8n.N8N_GRACEFUL_SHUTDOWN_TIMEOUT);
		expect(shutdown + (service.stop_signal ? DRAIN_SECONDS : 0)).toBeLessThan(Number(grace));
		expect(service.env_file).toBe('n8n.env');
	});

	test('prunes executions by age alone, and later than the template "recover" looks back', () => {
		expect(n8n).toMatchObject({
			EXECUTIONS_DATA_PRUNE: 'true',
			EXECUTIONS_DATA_PRUNE_MAX_COUNT: '0',
		});
		const { assignments } = nodeOf(template('recover'), 'Settings').parameters.assignments as {
			assignments: Array<{ name: string; value: unknown }>;
		};
		const hours = Number(assignments.find(({ name }) => name === 'since_hours')?.value);
		// It lists runs that began within twice these hours, and remembers them for three times as many.
		expect(hours).toBeGreaterThan(0);
		expect(Number(n8n.EXECUTIONS_DATA_MAX_AGE)).toBeGreaterThan(3 * hours);
	});

	test.each(ofN8n)('%s counts as healthy once n8n says that it is ready', (_, { healthcheck }) => {
		expect(healthcheck?.test.join(' ')).toContain('http://127.0.0.1:5678/healthz/readiness');
	});
});

test('one n8n keeps its folder in a volume, and so does the inbox', () => {
	const { services } = open('single');
	expect(services.n8n?.volumes).toEqual(['n8n:/home/node/.n8n']);
	expect(services.inbox?.volumes).toEqual(['inbox:/data']);
});

test.each(['n8n.Dockerfile', 'inbox.Dockerfile'])('%s is built on pinned images', (file) => {
	const images = [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
	expect(images.length).toBeGreaterThan(0);
	for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+-alpine$|:\$\{N8N_VERSION\}$/);
});

describe('deploy/queue', () => {
	const { services, ofN8n, n8n } = open('queue');

	test('builds one image for all parts of n8n, which comes from no registry', () => {
		expect(new Set(ofN8n.map(([, { image }]) => image)).size).toBe(1);
		expect(ofN8n.flatMap(([name, { build }]) => (build ? [name] : []))).toEqual(['main']);
		expect(services.main?.build?.dockerfile).toBe('deploy/n8n.Dockerfile');
		for (const [, { pull_policy }] of ofN8n) expect(pull_policy).toBe('never');
	});

	test('starts the other parts of n8n once main has made the tables', () => {
		for (const [name, { depends_on }] of ofN8n) {
			const expected = name === 'main' ? undefined : { condition: 'service_healthy' };
			expect([name, depends_on?.main]).toEqual([name, expected]);
		}
	});

	test('keeps databases in volumes; n8n needs none to find runs again that broke off', () => {
		expect(services.postgres?.volumes).toContain('postgres:/var/lib/postgresql/data');
		expect(services.redis?.volumes).toEqual(['redis:/data']);
		// test/queue/recover.test.ts replaces a worker together with its folder.
		expect(ofN8n.map(([, { volumes }]) => volumes)).toEqual(ofN8n.map(() => undefined));
		expect(Number(n8n.N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL)).toBeGreaterThan(0);
	});

	test('has webhook processors and workers tell whether they are healthy', () => {
		expect(n8n.QUEUE_HEALTH_CHECK_ACTIVE).toBe('true');
	});

	test('runs the parts that npm run start:queue runs', () => {
		expect(ENV_FILE).toBe(join(DEPLOY, 'queue/n8n.env'));
		expect(Object.fromEntries(ofN8n.map(([name, { command }]) => [name, command]))).toEqual(
			partsOfQueue,
		);
	});

	test('finds PostgreSQL and Redis at their services', () => {
		expect(services).toHaveProperty(n8n.DB_POSTGRESDB_HOST ?? '');
		expect(services).toHaveProperty(n8n.QUEUE_BULL_REDIS_HOST ?? '');
		expect(services.inbox?.environment?.INBOX_STORE).toMatch(/@postgres:5432\/inbox$/);
		expect(read('queue/make-inbox-database.sql')).toContain('CREATE DATABASE inbox;');
	});

	test('keeps the jobs in Redis as the tests do', () => {
		expect(services.redis?.command).toBe(
			`redis-server ${REDIS_ARGUMENTS.map((value) => (value === '' ? '""' : value)).join(' ')}`,
		);
	});

	test('sends webhooks to both webhook processors', () => {
		expect(read('queue/Caddyfile')).toContain('{$PROXY_WEBHOOK:webhook1:5678 webhook2:5678}');
	});

	test('stops a webhook processor once the proxy has noticed', () => {
		for (const [name, { command, stop_signal }] of ofN8n) {
			const expected = command === 'webhook' ? STOP_SIGNAL : undefined;
			expect([name, stop_signal]).toEqual([name, expected]);
		}
		expect(DRAIN).toContain(`SIGNAL = '${STOP_SIGNAL}'`);
		expect(read('n8n.Dockerfile')).toContain(`queue/drain.cjs ${n8n.EXTERNAL_HOOK_FILES ?? ''}\n`);
		const caddy = read('queue/Caddyfile');
		const seconds = (name: string) => Number(new RegExp(`${name} (\\d+)s`).exec(caddy)?.[1]);
		const noticed = seconds('health_interval') + seconds('health_timeout');
		expect(noticed).toBeLessThan(DRAIN_SECONDS);
		expect(caddy).toContain(`health_uri ${/OPEN = '(.+)'/.exec(DRAIN)?.[1] ?? ''}\n`);
	});
});

test('the image puts the package into a folder that is there already, again and again', () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-image-'));
	const nodes = join(folder, '.n8n/nodes');
	try {
		const put = (version: string) => {
			const of = join(folder, 'package');
			mkdirSync(of, { recursive: true });
			writeFileSync(join(of, 'package.json'), `{"name":"n8n-nodes-koeiq","version":"${version}"}`);
			writeFileSync(join(of, `only-in-${version}`), '');
			const env = { ...process.env, N8N_USER_FOLDER: folder, KOEIQ_PACKAGE: of };
			const { status, stdout } = spawnSync(
				join(DEPLOY, 'install-package.sh'),
				['echo', 'n8n', version],
				{ env, encoding: 'utf8' },
			);
			rmSync(of, { recursive: true });
			return { status, stdout };
		};
		mkdirSync(nodes, { recursive: true });
		writeFileSync(join(nodes, 'package.json'), '{"dependencies":{"n8n-nodes-other":"2.0.0"}}');

		expect(put('0.1.0')).toEqual({ status: 0, stdout: 'n8n 0.1.0\n' });
		expect(put('0.2.0')).toEqual({ status: 0, stdout: 'n8n 0.2.0\n' });
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

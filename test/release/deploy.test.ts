import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { parse } from 'yaml';

import { N8N_VERSION } from '../../harness/n8n';
import { ENV_FILE, partsOfQueue } from '../../harness/queue';
import { REDIS_ARGUMENTS } from '../../harness/services';

const DEPLOY = join(__dirname, '../../deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

interface Service {
	command?: string;
	env_file?: string;
	environment?: Record<string, string>;
	image?: string;
	build?: { dockerfile: string };
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
	services: Record<string, Service>;
};
const env = parseEnv(readFileSync(ENV_FILE, 'utf8')) as Record<string, string>;

test('the compose file runs the parts that npm run start:queue runs', () => {
	const n8n = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
	expect(Object.fromEntries(n8n.map(([name, { command }]) => [name, command]))).toEqual(
		partsOfQueue,
	);
	expect(Object.keys(compose.services).sort()).toEqual(
		[...Object.keys(partsOfQueue), 'postgres', 'proxy', 'redis'].sort(),
	);
});

test('each part of n8n gets the one env file', () => {
	for (const name of Object.keys(partsOfQueue)) {
		expect(compose.services[name]?.env_file).toBe('.env');
	}
});

test('every variable that the compose file uses is in the env file', () => {
	const used = [...read('docker-compose.yml').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
	expect(used.length).toBeGreaterThan(4);
	for (const name of used) expect(env).toHaveProperty(name ?? '');
});

test('the addresses in the env file are the services', () => {
	expect(compose.services).toHaveProperty(env.DB_POSTGRESDB_HOST ?? '');
	expect(compose.services).toHaveProperty(env.QUEUE_BULL_REDIS_HOST ?? '');
});

test('Redis keeps its jobs there as it does in the tests', () => {
	expect(compose.services.redis?.command).toBe(
		`redis-server ${REDIS_ARGUMENTS.map((value) => (value === '' ? '""' : value)).join(' ')}`,
	);
});

test('the proxy sends what KoeIQ posts to the webhook processors, and the rest to the main process', () => {
	const caddy = read('Caddyfile');
	expect(caddy).toMatch(/@koeiq path \/webhook\/\*\/koeiq/);
	expect(caddy).toMatch(/@production path \/webhook\/\*/);
	for (const matcher of ['@koeiq', '@production']) {
		expect(caddy).toContain(`reverse_proxy ${matcher} {$PROXY_WEBHOOK:webhook:5678}`);
	}
	expect(caddy).toContain('reverse_proxy {$PROXY_MAIN:main:5678}');
});

test('the n8n there is the one that is tested', () => {
	expect(env.N8N_VERSION).toBe(N8N_VERSION);
});

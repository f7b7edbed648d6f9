import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';

import type { N8nClient } from './client';
import { AsyncDisposableStack, type Started } from './disposal';
import { startN8n, startN8nPart, type StartedN8n, type StartedN8nPart } from './n8n';
import { freePort } from './ports';
import { toStandardError, type Report } from './report';
import {
	databaseSettings,
	startCaddy,
	startPostgres,
	startRedis,
	type Postgres,
	type Service,
} from './services';

const DEPLOY = join(__dirname, '../deploy/queue');

/** The settings that the compose file gives to every n8n process. */
export const ENV_FILE = join(DEPLOY, 'n8n.env');

/** The n8n services of the compose file, and what of n8n each runs. */
export const partsOfQueue = {
	main: 'start',
	webhook1: 'webhook',
	webhook2: 'webhook',
	worker: 'worker',
} as const;

/** How the compose file stops a webhook processor. */
export const STOP_SIGNAL = 'SIGUSR2';

export interface QueueOptions {
	/** Of n8n. */
	version?: string;
	workers?: number;
	webhookProcessors?: number;
	env?: NodeJS.ProcessEnv;
	report?: Report;
}

/** n8n in queue mode, on a PostgreSQL, a Redis and a proxy of its own. */
export interface StartedQueue extends Started {
	/** Of the main process: the editor and the API. Its webhooks are at the proxy's inner address, where the inbox would hand events on. */
	client: N8nClient;
	/** Where people go: the proxy's public `http://127.0.0.1:<port>`. */
	url: string;
	main: StartedN8n;
	webhookProcessors: StartedN8nPart[];
	workers: StartedN8nPart[];
	postgres: Postgres;
	redis: Service;
	proxy: Service;
	/** What every n8n process has: for one more. */
	env: NodeJS.ProcessEnv;
}

/**
 * Starts the processes of `deploy/queue/`, without the inbox, on this machine, from its env file: only addresses, names and secrets differ.
 *
 * @throws {HarnessError} if PostgreSQL, Redis or Caddy is missing, or a part does not start
 */
export async function startQueue(options: QueueOptions = {}): Promise<StartedQueue> {
	const { version, workers = 1, webhookProcessors = 1, report = toStandardError } = options;
	await using starting = new AsyncDisposableStack();

	report('Starting PostgreSQL, Redis and the proxy …');
	const postgres = starting.use(await startPostgres());
	const redis = starting.use(await startRedis());
	const env = { ...deployed(), ...onThisMachine(postgres, redis), ...options.env };
	const main = starting.use(await startN8n({ version, env, report }));
	const many = async (count: number, command: 'webhook' | 'worker') => {
		const parts: StartedN8nPart[] = [];
		while (parts.length < count) {
			parts.push(starting.use(await startN8nPart(command, { version, env, report })));
		}
		return parts;
	};
	const processors = await many(webhookProcessors, 'webhook');
	const webhooks = `http://127.0.0.1:${await freePort()}`;
	const proxy = starting.use(
		await startCaddy(join(DEPLOY, 'Caddyfile'), {
			N8N: new URL(main.url).host,
			WEBHOOKS: processors.map(({ url }) => new URL(url).host).join(' '),
			INSIDE: webhooks,
		}),
	);
	main.client.webhooks = webhooks;
	const startedWorkers = await many(workers, 'worker');

	const parts = starting.move();
	const stop = async () => {
		await parts[Symbol.asyncDispose]();
	};
	return {
		client: main.client,
		url: `http://127.0.0.1:${proxy.port}`,
		main,
		webhookProcessors: processors,
		workers: startedWorkers,
		postgres,
		redis,
		proxy,
		env,
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

function deployed(): NodeJS.ProcessEnv {
	return parseEnv(readFileSync(ENV_FILE, 'utf8'));
}

/** The settings of `deploy/queue/` for PostgreSQL, at this one: for one process that has much to do at once. */
export function deployedDatabaseSettings(postgres: Service): NodeJS.ProcessEnv {
	const all = Object.entries(deployed()).filter(([name]) => name.startsWith('DB_'));
	return { ...Object.fromEntries(all), ...databaseSettings(postgres) };
}

function onThisMachine(postgres: Service, redis: Service): NodeJS.ProcessEnv {
	return {
		N8N_HOST: '127.0.0.1',
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('base64'),
		...databaseSettings(postgres),
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		EXTERNAL_HOOK_FILES: join(DEPLOY, basename(deployed().EXTERNAL_HOOK_FILES ?? '')),
		N8N_PROTOCOL: 'http',
		N8N_EDITOR_BASE_URL: '',
	};
}

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

import { N8nClient } from './client';
import { environment, lastLines } from './command';
import { installCommunityPackage } from './community-package';
import { installN8n, type Installation } from './install';
import { keep, type Kept } from './kept';
import { freePort } from './ports';
import { HarnessError, toStandardError, type Report } from './report';

/** The n8n that is supported and tested first. */
export const N8N_VERSION = '2.40.7';

/**
 * Takes an isolate only for an expression that needs one. As shipped, 2.x takes one for every request to the webhook of
 * a community node: 60 to 80 ms of CPU.
 */
export const LAZY_ISOLATES = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' } as const;

const PROJECT = resolve(__dirname, '..');
const BOOT_MILLISECONDS = 120_000;

/** Variables of this process that would change n8n: jest's, and those of an n8n the user runs. */
const MEANT_FOR_OTHERS = /^(N8N|DB|QUEUE|EXECUTIONS|WEBHOOK|NODE|JEST)_(?!EXTRA_CA_CERTS)/;

export interface N8nOptions {
	version?: string;
	/** Any free one where it is left out. */
	port?: number;
	/** What of n8n to start; `webhook` and `worker` are parts of queue mode, and are not signed in to. */
	command?: 'start' | 'webhook' | 'worker';
	/** Added to n8n's environment: another database, queue mode, limits. */
	env?: NodeJS.ProcessEnv;
	/** For Node itself, such as `--cpu-prof`. */
	nodeArguments?: string[];
	/** Folders of more community packages to install. */
	packages?: string[];
	report?: Report;
}

/** A running n8n with the package in it, signed in to. */
export interface N8n {
	/** `http://127.0.0.1:<port>` */
	url: string;
	client: N8nClient;
	/** n8n's user folder; its database is in `.n8n`. */
	folder: string;
	/** The file that n8n's output goes to. */
	logFile: string;
	/** The id of n8n's own process. */
	pid(): Promise<number>;
	/** Ends n8n as a power cut would, or with another signal, and waits until it is gone. Its folder stays. */
	kill(signal?: NodeJS.Signals): Promise<void>;
	hasEnded(): boolean;
	/** Starts an n8n that has ended, on the same folder and port. */
	restart(): Promise<void>;
	/** Ends n8n and removes its folder. Safe to call twice. */
	stop(): Promise<void>;
}

/**
 * Starts a real n8n with this package installed as a user would have it, on a folder of its own that goes
 * when it stops. Installs what is missing.
 *
 * @throws {HarnessError} with a sentence for a person: port in use, no network, no space, n8n did not start
 */
export async function startN8n(options: N8nOptions = {}): Promise<N8n> {
	const { version = N8N_VERSION, command = 'start', report = toStandardError } = options;
	const port = await choosePort(options.port);
	const installation = await installN8n(version, report);
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-koeiq-'));
	const log = join(folder, 'n8n.log');
	const url = `http://127.0.0.1:${port}`;
	let kept: Kept | undefined;

	const start = async (env: NodeJS.ProcessEnv) => {
		const n8n = [join(installation.folder, 'bin/n8n'), command];
		const program = [installation.node, ...(options.nodeArguments ?? []), ...n8n];
		kept = keep(program, { env, folder, log });
		// 1.x says that it is ready before it has its own API.
		const paths = ['/healthz/readiness', ...(command === 'start' ? ['/rest/settings'] : [])];
		await waitUntilReady(
			paths.map((path) => url + path),
			kept,
			log,
		);
	};
	const stop = async () => {
		await kept?.stop();
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};

	try {
		await mkdir(join(folder, '.n8n'));
		for (const source of [PROJECT, ...(options.packages ?? [])]) {
			await installCommunityPackage(source, join(folder, '.n8n'));
		}
		report(`Starting n8n ${version}${command === 'start' ? '' : ` (${command})`} …`);
		const env = { ...(await settings(installation, folder, port)), ...options.env };
		await start(env);
		const client = new N8nClient(url);
		if (command === 'start') await client.signIn();
		return {
			url,
			client,
			folder,
			logFile: log,
			pid: async () => (await kept?.pid()) ?? NaN,
			kill: async (signal = 'SIGKILL') => await kept?.kill(signal),
			hasEnded: () => kept?.hasEnded() ?? true,
			restart: () => start(env),
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Polls until n8n has registered a webhook: it does so a little after it says that it is ready. */
export async function waitForWebhook(url: string): Promise<void> {
	await poll(`the webhook ${url} to answer`, 30_000, async () => {
		const response = await fetch(url, { method: 'POST' });
		await response.arrayBuffer();
		return response.status !== 404;
	});
}

/**
 * Calls `check` until it is true.
 *
 * @throws {HarnessError} that names what was waited for, after `milliseconds`
 */
export async function poll(
	purpose: string,
	milliseconds: number,
	check: () => Promise<boolean>,
): Promise<void> {
	const deadline = Date.now() + milliseconds;
	while (!(await check())) {
		if (Date.now() > deadline) {
			throw new HarnessError(`Waited ${milliseconds / 1000} s for ${purpose}, in vain.`);
		}
		await new Promise((done) => setTimeout(done, 50));
	}
}

async function choosePort(wanted: number | undefined): Promise<number> {
	const port = await freePort(wanted);
	if (port === undefined) {
		throw new HarnessError(
			`Port ${wanted} cannot be used: another program has it. Stop that program, or choose another port: npm start -- --port 5690`,
		);
	}
	return port;
}

/** As a user would have it, but alone: on 127.0.0.1, with nothing that phones home. */
async function settings(
	{ node, folder: n8nFolder }: Installation,
	folder: string,
	port: number,
): Promise<NodeJS.ProcessEnv> {
	const chatty = ['mcp-registry'].filter((name) =>
		existsSync(join(n8nFolder, 'dist/modules', name)),
	);
	const inherited = Object.entries(environment()).filter(([name]) => !MEANT_FOR_OTHERS.test(name));
	return {
		...Object.fromEntries(inherited),
		PATH: [dirname(node), process.env.PATH].join(delimiter),
		// n8n keeps generated files in the home folder, shared by all that run: give each its own.
		HOME: folder,
		N8N_USER_FOLDER: folder,
		N8N_HOST: '127.0.0.1',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_PORT: String(port),
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		N8N_DISABLED_MODULES: chatty.join(','),
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	};
}

async function waitUntilReady(urls: string[], kept: Kept, log: string): Promise<void> {
	await poll('n8n to start', BOOT_MILLISECONDS, async () => {
		if (kept.hasEnded()) {
			throw new HarnessError(
				`n8n did not start. Its last words:\n${lastLines(await readFile(log, 'utf8'))}`,
			);
		}
		const answers = urls.map((url) =>
			fetch(url).then(
				({ ok }) => ok,
				() => false,
			),
		);
		return (await Promise.all(answers)).every(Boolean);
	});
}

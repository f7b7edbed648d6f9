import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { N8nClient } from './client';
import { environment } from './command';
import { installCommunityPackage } from './community-package';
import { containerCommand } from './container';
import { AsyncDisposableStack } from './disposal';
import { installN8n } from './install';
import { n8nSettings } from './n8n-settings';
import { tested } from './n8n-versions.json';
import { checkPort, freePort } from './ports';
import { programIn, type Running } from './program';
import { HarnessError, toStandardError, type Report } from './report';
import { isOk, poll } from './wait';

/** The n8n that is supported and tested first. */
export const N8N_VERSION = tested;

const PROJECT = resolve(__dirname, '..');
/** Far longer than it takes: a machine may be busy, and events may come meanwhile. */
const BOOT_MILLISECONDS = 400_000;

export interface N8nOptions {
	version?: string;
	/** Runs n8n in a container of this image in place of a version from npm; needs Docker. */
	image?: string;
	/** Any free one if it is left out. */
	port?: number;
	/** Added to n8n's environment: another database, queue mode, limits. */
	env?: NodeJS.ProcessEnv;
	/** For Node itself, such as `--cpu-prof`. */
	nodeArguments?: string[];
	/** A user folder that has the package in it, and stays when n8n stops; a new one that goes if it is left out. */
	userFolder?: string;
	report?: Report;
}

/** A process of n8n with the package in it. */
interface StartedProcess extends Running {
	/** `http://127.0.0.1:<port>` */
	url: string;
	/** n8n's user folder; its database is in `.n8n`. */
	folder: string;
	/** The file that n8n's output goes to. */
	logFile: string;
}

/** A running n8n, signed in to. */
export interface StartedN8n extends StartedProcess {
	client: N8nClient;
	/** Starts an n8n that has ended, on the same folder and port, and signs in again. */
	restart(): Promise<N8nClient>;
}

/** A webhook processor or a worker of queue mode: it has no editor and no API. */
export interface StartedN8nPart extends StartedProcess {
	/** Starts one that has ended, on the same folder and port. */
	restart(): Promise<void>;
}

/**
 * Starts a real n8n with this package installed as a user would have it, on a folder of its own that goes
 * when it stops. Installs what is missing.
 *
 * @throws {HarnessError} with a sentence for a person: port in use, no network, no space, n8n did not start
 */
export async function startN8n(options: N8nOptions = {}): Promise<StartedN8n> {
	await using starting = new AsyncDisposableStack();
	const { start, ...n8n } = starting.use(await startProcess('start', options));
	const client = new N8nClient(n8n.url);
	const signIn = async () => {
		// On a busy machine n8n may answer 503, "Database is not ready", or nothing, for a while after it has said that it is ready.
		await poll('n8n to let its owner in', BOOT_MILLISECONDS, async () => {
			try {
				await client.signIn();
				return true;
			} catch (error) {
				if (error instanceof HarnessError && !error.message.includes('answered 503')) throw error;
				return false;
			}
		});
		return client;
	};
	await signIn();
	starting.move();
	return {
		...n8n,
		client,
		restart: async () => {
			await start();
			return await signIn();
		},
	};
}

/** Starts a part of an n8n in queue mode, as {@link startN8n} does. */
export async function startN8nPart(
	command: 'webhook' | 'worker',
	options: N8nOptions,
): Promise<StartedN8nPart> {
	const { start: restart, ...part } = await startProcess(command, options);
	return { ...part, restart };
}

async function startProcess(
	command: 'start' | 'webhook' | 'worker',
	{
		version = N8N_VERSION,
		image,
		port: wanted,
		env = {},
		nodeArguments = [],
		userFolder,
		report = toStandardError,
	}: N8nOptions,
): Promise<StartedProcess & { start: () => Promise<void> }> {
	if (wanted !== undefined) await checkPort(wanted);
	const port = wanted ?? (await freePort());
	const installation = image === undefined ? await installN8n(version, report) : undefined;
	const temporary = await mkdtemp(join(tmpdir(), 'n8n-nodes-koeiq-'));
	const folder = userFolder ?? temporary;
	const logFile = join(folder, 'n8n.log');
	const url = `http://127.0.0.1:${port}`;
	const settings = { ...(await n8nSettings(installation, folder, port)), ...env };
	const program =
		installation === undefined
			? containerCommand(image ?? '', folder, settings)
			: [installation.node, ...nodeArguments, join(installation.folder, 'bin/n8n')];
	await using starting = new AsyncDisposableStack();
	const n8n = starting.use(programIn('n8n', { folder: temporary, log: logFile }));
	// 1.x says that it is ready before it has its own API.
	const paths = ['/healthz/readiness', ...(command === 'start' ? ['/rest/settings'] : [])];
	const start = async () => {
		await n8n.start([...program, command], {
			env: installation === undefined ? environment() : settings,
			within: BOOT_MILLISECONDS,
			isReady: async () =>
				(await Promise.all(paths.map(async (path) => await isOk(url + path)))).every(Boolean),
		});
	};

	await mkdir(join(folder, '.n8n'), { recursive: true });
	if (userFolder === undefined) await installCommunityPackage(PROJECT, join(folder, '.n8n'));
	report(`Starting n8n ${image ?? version}${command === 'start' ? '' : ` (${command})`} …`);
	await start();
	starting.move();
	return { ...n8n, url, folder, logFile, start };
}

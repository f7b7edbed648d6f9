import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, createServer as createHttpServer, request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../../harness/command';
import { INBOX_PROGRAM, startInbox } from '../../harness/inbox';
import { installNode } from '../../harness/install';
import { deliver } from '../../harness/koeiq/sender';
import { stream } from '../../harness/load';
import { drain, inheritedSocket, listen } from '../../inbox/src/listen';
import { SettingError } from '../../inbox/src/settings';
import { event, SECRET, send } from './support/events';
import { ACTIVATOR, startBehindSocket } from './support/kept-socket';
import { PASSWORD, startInboxWithPage } from './support/page';

/* What only the program shows: how it starts, and how it ends if it cannot. */

let node: string;
let folder: string;

beforeAll(async () => {
	({ node } = await installNode(() => {}));
	folder = mkdtempSync(join(tmpdir(), 'koeiq-inbox-start-'));
});

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

/** Runs the program to its end. */
async function run(
	env: NodeJS.ProcessEnv,
	program = node,
): Promise<{ code: number | null; said: string }> {
	const child = spawn(program, [INBOX_PROGRAM], {
		env: {
			PATH: process.env.PATH,
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_STORE: join(folder, 'start.sqlite'),
			...env,
		},
	});
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
	const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
	return { code, said };
}

test.each<[NodeJS.ProcessEnv, RegExp]>([
	[{ INBOX_WEBHOOK_SECRET: '' }, /^INBOX_WEBHOOK_SECRET is not set/],
	[
		{ INBOX_STORE: '/none/at/all.sqlite' },
		/^INBOX_STORE cannot be used \(\/none\/at\/all\.sqlite\)/,
	],
	[
		{ INBOX_STORE: 'postgres://u:word@127.0.0.1:1/x' },
		/^INBOX_STORE cannot be used \(PostgreSQL at 127\.0\.0\.1:1\)/,
	],
])('ends with exit 1 and one plain sentence: %j', async (env, sentence) => {
	const { code, said } = await run(env);
	expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
	expect(said).not.toMatch(/\n.|word@|secret-of/);
});

const ON_OLDER_NODE = Number(process.versions.node.split('.')[0]) < 24 ? test : test.skip;
ON_OLDER_NODE('says on an older Node which one it needs', async () => {
	const { code, said } = await run({}, process.execPath);
	expect([code, said]).toEqual([1, expect.stringMatching(/^The inbox needs Node 24/)]);
});

test('keeps its own files from others, says what is unwise, and refuses a file that another inbox has', async () => {
	const inbox = await startInbox({
		env: { INBOX_WEBHOOK_SECRET: SECRET, INBOX_PAGE_PORT: '8081' },
	});
	try {
		await send(inbox.url, [event()]);
		for (const end of ['', '-wal', '-shm']) {
			expect(statSync(join(inbox.folder, `inbox.sqlite${end}`)).mode & 0o777).toBe(0o600);
		}
		expect(await inbox.log()).toContain('"msg":"INBOX_PAGE_PORT is not a setting of the inbox');
		const { code, said } = await run({ INBOX_STORE: join(inbox.folder, 'inbox.sqlite') });
		expect([code, said]).toEqual([1, expect.stringMatching(/^INBOX_STORE cannot .*another inbox/)]);
	} finally {
		await inbox.stop();
	}
});

describe('an address that it cannot have', () => {
	const SETTINGS = { host: 'INBOX_HOST', port: 'INBOX_PORT' };

	const server = {
		listen: async (address: { host: string; port: number }) => {
			const tried = createServer();
			await new Promise<void>((resolve, reject) => {
				tried.once('error', reject).listen(address, resolve);
			});
			tried.close();
		},
	};

	test('a port in use is named', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => other.once('listening', resolve));
		const { port } = other.address() as AddressInfo;
		const failure = listen(server, { host: '127.0.0.1', port }, SETTINGS);
		await expect(failure).rejects.toEqual(
			new SettingError(`INBOX_PORT is ${port}, but another program uses this port.`),
		);
		other.close();
	});

	test('an address of another machine is named', async () => {
		const failure = listen(server, { host: '203.0.113.1', port: 0 }, SETTINGS);
		await expect(failure).rejects.toThrow(
			new SettingError('INBOX_HOST is 203.0.113.1, but this machine has no such address.'),
		);
	});
});

describe('a restart', () => {
	test.each<[NodeJS.ProcessEnv, number | undefined]>([
		[{ LISTEN_PID: '7', LISTEN_FDS: '1' }, 3],
		[{ LISTEN_PID: '7', LISTEN_FDS: '2' }, 3],
		[{ LISTEN_PID: '8', LISTEN_FDS: '1' }, undefined],
		[{ LISTEN_PID: '7', LISTEN_FDS: '0' }, undefined],
		[{}, undefined],
	])('takes the socket that is meant for this process: %j', (env, socket) => {
		expect(inheritedSocket(env, 7)).toBe(socket);
	});

	test('answers what comes on an open connection, and asks for its end', async () => {
		const server = createHttpServer((_request, response) => response.end('taken')).listen(0);
		const { port } = server.address() as AddressInfo;
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const post = async () =>
			await new Promise<IncomingMessage>((resolve, reject) => {
				const sent = request({ port, agent, method: 'POST' }, (response) => {
					response.resume().once('end', () => {
						resolve(response);
					});
				});
				sent.once('error', reject).end('event');
			});
		expect((await post()).headers.connection).toBe('keep-alive');
		const drained = drain(server, 60_000);
		const { statusCode, headers } = await post();
		expect([statusCode, headers.connection]).toEqual([200, 'close']);
		await drained;
		await expect(post()).rejects.toThrow('ECONNREFUSED');
	});

	test('that corrects the secret leaves on the page what was refused before', async () => {
		const { inbox: started, page } = await startInboxWithPage();
		await using inbox = started;
		const changed = 'the-secret-that-koeiq-has-now';
		const { payload } = event();
		expect((await deliver(inbox.url, changed, payload)).status).toBe(401);
		await inbox.kill('SIGTERM');
		await inbox.restart({ INBOX_WEBHOOK_SECRET: changed });
		const body = new URLSearchParams({ password: PASSWORD });
		const signedIn = await fetch(`${page}/sign-in`, { method: 'POST', body, redirect: 'manual' });
		const cookie = signedIn.headers.get('set-cookie') ?? '';
		const shown = await fetch(`${page}/live/targets`, { headers: { cookie } });
		expect(await shown.text()).toContain('1 request was refused for its signature');
	});

	test('ends a connection on which nothing comes', async () => {
		const server = createHttpServer((_request, response) => response.end()).listen(0);
		const { port } = server.address() as AddressInfo;
		const agent = new Agent({ keepAlive: true });
		await new Promise((resolve) => {
			request({ port, agent }, (response) => response.resume().once('end', resolve)).end();
		});
		await drain(server, 60_000);
	});

	(ACTIVATOR === undefined ? test.skip : test)(
		'refuses nothing under load, if the socket stays',
		async () => {
			await using inbox = await startBehindSocket({ INBOX_WEBHOOK_SECRET: SECRET });
			const sent = await stream({ url: inbox.url, secret: SECRET, perSecond: 50 }, async () => {
				await inbox.restart();
				await inbox.restart();
			});
			expect(sent.length).toBeGreaterThan(20);
			expect(sent.filter(({ status }) => status !== 200)).toEqual([]);
		},
	);
});

(findProgram('systemd-analyze') === undefined ? test.skip : test)(
	'the units of systemd are right, and let the inbox do little',
	() => {
		const units = join(__dirname, '../../deploy/systemd');
		const files = readdirSync(units).map((name) => {
			const unit = readFileSync(join(units, name), 'utf8');
			// The program has to be there.
			writeFileSync(join(folder, name), unit.replace('=koeiq-inbox\n', '=/bin/true\n'));
			return join(folder, name);
		});
		const analyze = (...args: string[]) =>
			execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: 'pipe' });
		expect(analyze('verify', ...files)).toBe('');
		const service = files.filter((file) => file.endsWith('.service'));
		// Out of 10: what a service without any of it has is 9.6.
		expect(analyze('security', '--offline=true', '--threshold=20', ...service)).toContain('OK');
	},
);

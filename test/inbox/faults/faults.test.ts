import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startInbox, type Inbox } from '../../../harness/inbox';
import { deliver, type Answer } from '../../../harness/koeiq/sender';
import { underLoad } from '../../../harness/load';
import { poll } from '../../../harness/wait';
import { event, idsOf, SECRET, type Event } from '../support/events';
import { newStore, postgresServer, STORES, stopStores } from '../support/stores';
import { Target } from '../support/target';

/*
 * Faults under load. What was answered 200 arrives; twice at most what was under way when something died.
 * INBOX_FAULT_TRIES=10 makes each of them ten times.
 */

const { INBOX_FAULT_TRIES } = process.env;
const TIMES = Number(INBOX_FAULT_TRIES ?? 3);
/** Of the target that hangs: each takes 50 s. */
const HANGS = Number(INBOX_FAULT_TRIES ?? 1);
const PER_SECOND = 40;
const CONCURRENCY = 4;
/** An event is given up as lost once none has arrived for so long: a target that is away is asked every 30 s. */
const NONE_ARRIVES = 45_000;

interface Figures {
	sent: number;
	answered: number;
	run: number;
	lost: number;
	twice: number;
}

/** What a target says that is away. */
const AWAY: Record<string, (target: Target) => Target['behave']> = {
	'401': (target) => target.answering(401),
	'404': (target) => target.answering(404),
	'503': (target) => target.answering(503),
	"n8n's page while it starts": (target) => target.answering(200, '<html>', 'text/html'),
	garbage: () => (_got, response) => {
		response.socket?.end('garbage\r\n\r\n');
	},
};

afterAll(stopStores);

describe.each(STORES)('under load, on %s', (store) => {
	const ends: Array<() => Promise<unknown>> = [];

	afterEach(async () => {
		for (const end of ends.splice(0).reverse()) await end();
	});

	async function start(env: NodeJS.ProcessEnv = {}, wrap?: (node: string) => string[]) {
		const target = await Target.start();
		ends.push(() => target.close());
		target.behave = (got, response) => {
			setTimeout(() => {
				target.take(got, response);
			}, 10);
		};
		const settings = {
			...(await newStore(store)),
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_FORWARD_TO: target.url,
			INBOX_CONCURRENCY: String(CONCURRENCY),
			...env,
		};
		const inbox = await startInbox({ env: settings, wrap });
		ends.push(inbox.stop);
		return { target, inbox, settings };
	}

	/** Makes the fault again and again under load, waits for everything to arrive, and counts. */
	async function measure(
		fault: string,
		{
			target,
			inboxes,
			tries = TIMES,
		}: { target: Target; inboxes: readonly Inbox[]; tries?: number },
		make: () => Promise<void>,
	): Promise<Figures> {
		target.taken.length = 0;
		const sent: string[] = [];
		const answered: string[] = [];
		const send = async () => {
			const { id, payload } = event();
			const inbox = inboxes[sent.length % inboxes.length];
			sent.push(id);
			const answer = await deliver(inbox?.url ?? '', SECRET, payload).catch(() => undefined);
			if (answer?.status === 200) answered.push(id);
		};
		await underLoad(PER_SECOND, send, async () => {
			for (let turn = 0; turn < tries; turn++) {
				await sleep(500);
				await make();
			}
			await sleep(500);
		});
		const have = () => new Set(idsOf(target.taken));
		// The target lives in this process too: it stands still for as long as this takes.
		const missing = () => {
			const arrived = have();
			return answered.filter((id) => !arrived.has(id));
		};
		let lastArrivedAt = Date.now();
		for (let before = -1; missing().length > 0 && Date.now() - lastArrivedAt < NONE_ARRIVES;) {
			await sleep(200);
			if (target.taken.length > before) lastArrivedAt = Date.now();
			before = target.taken.length;
		}
		// What comes twice comes soon.
		await sleep(1_500);
		const { taken } = target;
		const arrived = have();
		const figures = {
			sent: sent.length,
			answered: answered.length,
			run: sent.filter((id) => arrived.has(id)).length,
			lost: missing().length,
			twice: taken.length - arrived.size,
		};
		process.stderr.write(`${JSON.stringify({ store, fault, times: tries, ...figures })}\n`);
		expect(figures.answered).toBeGreaterThan(0);
		expect(figures.lost).toBe(0);
		return figures;
	}

	test('kill -9 of the inbox', async () => {
		const { target, inbox } = await start();
		const { twice } = await measure(
			'`kill -9` of the inbox',
			{ target, inboxes: [inbox] },
			async () => {
				await inbox.kill();
				await inbox.restart();
			},
		);
		expect(twice).toBeLessThanOrEqual(TIMES * CONCURRENCY);
	}, 240_000);

	test('SIGTERM of the inbox', async () => {
		const { target, inbox } = await start();
		const { twice } = await measure(
			'SIGTERM of the inbox',
			{ target, inboxes: [inbox] },
			async () => {
				await inbox.kill('SIGTERM');
				await inbox.restart();
			},
		);
		expect(twice).toBe(0);
	}, 240_000);

	test('the target gone, and both', async () => {
		const { target, inbox } = await start();
		const gone = await measure(
			'the target gone for 0.3 s',
			{ target, inboxes: [inbox] },
			async () => {
				await target.close();
				await sleep(300);
				await target.listen();
			},
		);
		const both = await measure(
			'the target gone, and `kill -9` of the inbox',
			{ target, inboxes: [inbox] },
			async () => {
				await Promise.all([target.close(), inbox.kill()]);
				await sleep(300);
				await Promise.all([target.listen(), inbox.restart()]);
			},
		);
		expect(gone.answered).toBe(gone.sent);
		expect(gone.twice + both.twice).toBeLessThanOrEqual(TIMES * CONCURRENCY * 2);
	}, 300_000);

	test.each(Object.entries(AWAY))(
		'a target that answers %s for a while',
		async (answer, behaviour) => {
			const { target, inbox } = await start();
			const good = target.behave;
			const { answered, sent, twice } = await measure(
				`the target answers ${answer} for a second`,
				{ target, inboxes: [inbox] },
				async () => {
					target.behave = behaviour(target);
					await sleep(1_000);
					target.behave = good;
				},
			);
			expect([answered, twice]).toEqual([sent, 0]);
		},
		120_000,
	);

	test('a target that hangs', async () => {
		const { target, inbox } = await start();
		const good = target.behave;
		const { answered, sent, twice } = await measure(
			'the target hangs for 48 s',
			{ target, inboxes: [inbox], tries: HANGS },
			async () => {
				target.behave = () => {};
				target.isReady = false;
				await sleep(3_000);
				const before = target.taken.length;
				target.behave = good;
				// It says that it is ready again only after those that hang have been given up.
				await sleep(45_000);
				target.isReady = true;
				await poll('the next event to arrive', 60_000, () => target.taken.length > before);
			},
		);
		expect([answered, twice]).toEqual([sent, 0]);
	}, 900_000);

	test('the clock set back an hour', async () => {
		const { target, inbox } = await start({}, (node) => [node, '--import', CLOCK]);
		const { answered, sent, twice } = await measure(
			'the clock set back an hour',
			{ target, inboxes: [inbox] },
			async () => {
				process.kill(inbox.pid(), 'SIGUSR2');
			},
		);
		expect([answered, twice]).toEqual([sent, 0]);
		expect((await inbox.log()).match(/The clock is set back/g)).toHaveLength(TIMES);
	}, 60_000);

	test('events of 16 MB', async () => {
		const { target, inbox } = await start();
		const large: string[] = [];
		await measure('an event of 16 MB between them', { target, inboxes: [inbox] }, async () => {
			const { id, payload } = largeEvent(16_000_000);
			expect((await deliver(inbox.url, SECRET, payload)).status).toBe(200);
			large.push(id);
		});
		await poll('the large events', 30_000, () =>
			large.every((id) => target.taken.some((got) => got.id === id)),
		);
	}, 120_000);

	test('malformed requests', async () => {
		const { target, inbox } = await start();
		const port = Number(new URL(inbox.url).port);
		await measure('2,000 malformed requests', { target, inboxes: [inbox], tries: 10 }, async () => {
			for (let turn = 0; turn < 20; turn++) {
				await Promise.all(Array.from({ length: 100 }, (_, index) => malformed(port, index)));
			}
		});
		expect(inbox.hasEnded()).toBe(false);
	}, 240_000);

	if (store === 'PostgreSQL') {
		test('PostgreSQL killed', async () => {
			const { target, inbox } = await start();
			const postgres = await postgresServer();
			const { twice } = await measure(
				'`kill -9` of PostgreSQL',
				{ target, inboxes: [inbox] },
				async () => {
					await postgres.kill();
					await sleep(300);
					await postgres.restart();
					await poll('the inbox to store again', 30_000, async () => {
						return (await fetch(`${inbox.url}/healthz`)).ok;
					});
				},
			);
			expect(twice).toBeLessThanOrEqual(TIMES * CONCURRENCY);
		}, 600_000);

		test('one of two inboxes killed', async () => {
			const { target, inbox, settings } = await start();
			const other = await startInbox({ env: settings });
			ends.push(other.stop);
			const { twice } = await measure(
				'`kill -9` of one of two inboxes',
				{ target, inboxes: [inbox, other] },
				async () => {
					await other.kill();
					await sleep(500);
					await other.restart();
				},
			);
			expect(twice).toBeLessThanOrEqual(TIMES * CONCURRENCY);
		}, 300_000);
		return;
	}

	/* A small file system: only root can make one. */
	(process.getuid?.() === 0 ? test : test.skip)(
		'the disk full, and freed',
		async () => {
			const disk = mkdtempSync(join(tmpdir(), 'koeiq-inbox-disk-'));
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', disk]);
			ends.push(async () => {
				execFileSync('umount', [disk]);
				rmSync(disk, { recursive: true });
			});
			const { target, inbox } = await start({ INBOX_STORE: join(disk, 'inbox.sqlite') });
			const ballast = join(disk, 'ballast');
			const health: number[] = [];
			await measure('the disk full, and freed', { target, inboxes: [inbox] }, async () => {
				fill(ballast);
				// What is free within the database's own files takes some.
				const answers: Answer[] = [];
				while (answers.at(-1)?.status !== 503 && answers.length < 12) {
					answers.push(await deliver(inbox.url, SECRET, largeEvent(1_000_000).payload));
				}
				expect(answers.at(-1)).toEqual({
					status: 503,
					body: '{"error":"Could not store the event"}',
				});
				health.push((await fetch(`${inbox.url}/healthz`)).status);
				rmSync(ballast);
				expect((await deliver(inbox.url, SECRET, largeEvent(1_000_000).payload)).status).toBe(200);
			});
			expect(health.every((status) => status === 200 || status === 503)).toBe(true);
		},
		240_000,
	);
});

/** Sets a program's clock back at each SIGUSR2: the machine's own is not ours to set. */
const CLOCK = `data:text/javascript,${encodeURIComponent(`
	const { now } = Date;
	let back = 0;
	Date.now = () => now() - back;
	process.on('SIGUSR2', () => {
		back += 3_600_000;
		console.log('The clock is set back');
	});
`)}`;

/** One of so many bytes, and some more. */
function largeEvent(bytes: number): Pick<Event, 'id' | 'payload'> {
	const { id, payload } = event('large');
	return { id, payload: payload.replace(/^\{/, `{"padding":"${'x'.repeat(bytes)}",`) };
}

/** Writes until the disk is full. */
function fill(file: string): void {
	for (let size = 1_000_000; size >= 1_000;) {
		try {
			writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
		} catch {
			size /= 10;
		}
	}
}

const MALFORMED = [
	'GARBAGE\r\n\r\n',
	'POST / HTTP/1.1\r\n\r\n',
	'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
	'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
	'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nX-KoeIQ-Signature: sha256=00\r\n\r\n{"a":1}xx',
	`POST / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
	'GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n',
	'\0\0\0\0',
	`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-KoeIQ-Signature: ${'0'.repeat(64)}\r\n\r\n{"a`,
];

/** Sends one, and goes away without waiting for long. */
async function malformed(port: number, index: number): Promise<void> {
	await new Promise<void>((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.on('error', () => {});
		socket.on('close', () => {
			resolve();
		});
		socket.on('data', () => socket.destroy());
		socket.end(MALFORMED[index % MALFORMED.length] ?? '');
		setTimeout(() => socket.destroy(), 500);
	});
}

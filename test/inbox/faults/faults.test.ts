import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { AsyncDisposableStack } from '../../../harness/disposal';
import { startInbox, type Inbox } from '../../../harness/inbox';
import { deliver } from '../../../harness/koeiq/sender';
import { measureLosses, type Losses } from '../../../harness/load';
import { startPgBouncer } from '../../../harness/services';
import { poll } from '../../../harness/wait';
import { sendMalformed } from '../../support/malformed';
import { event, SECRET } from '../support/events';
import { closeStores, newPlace, postgresServer, stopPostgres, STORES } from '../support/open-store';
import { startTrigger, type Trigger } from '../support/trigger';

/*
 * What only whole processes show, under load: what was answered 200 arrives, and twice at most what was under way when
 * something died. INBOX_FAULT_TRIES=10 makes each fault ten times.
 */

const TIMES = Number(process.env.INBOX_FAULT_TRIES ?? 2);
const PER_SECOND = 40;
const CONCURRENCY = 4;
const TIMEOUT = 300_000;

afterEach(closeStores);
afterAll(stopPostgres);

async function startTaking(): Promise<Trigger> {
	const trigger = await startTrigger();
	trigger.answer = () => ({ delay: 10 });
	return trigger;
}

async function start(trigger: Trigger, INBOX_STORE: string): Promise<Inbox> {
	return await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_FORWARD_TO: trigger.url,
			INBOX_CONCURRENCY: String(CONCURRENCY),
			INBOX_STORE,
		},
		nodeArguments: ['--import', CLOCK],
	});
}

/** Makes the fault again and again under load, waits for what was answered 200 to arrive, and counts. */
async function measure(
	fault: string,
	trigger: Trigger,
	inboxes: readonly Inbox[],
	make: () => Promise<unknown>,
): Promise<Losses> {
	const url = inboxes.map((inbox) => `${inbox.url}/koeiq`);
	const figures = await measureLosses(
		{ url, secret: SECRET, perSecond: PER_SECOND },
		trigger.taken,
		async (sent) => {
			const isAnsweredMore = async () => {
				const answered = () => sent.filter(({ status }) => status === 200).length;
				const before = answered();
				await poll('an answer', 60_000, () => answered() > before + 5);
			};
			for (let turn = 0; turn < TIMES; turn++) {
				await isAnsweredMore();
				await make();
			}
			await isAnsweredMore();
		},
	);
	process.stderr.write(`${fault}, ${TIMES} times: ${JSON.stringify(figures)}\n`);
	expect(figures.lost).toBe(0);
	return figures;
}

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

interface Fault {
	fault: string;
	store: (typeof STORES)[number];
	/** What of the events may come twice: none, or what is under way each time. */
	mayRepeat?: boolean;
	/** How many inboxes have the store. */
	inboxes?: number;
	pooled?: 'session' | 'transaction';
	make: (inbox: Inbox) => Promise<unknown>;
	/** Whether it goes on meanwhile: every event is answered 200. */
	answersAll?: boolean;
	/** What its log says each time. */
	says?: RegExp;
}

const killed = async (inbox: Inbox) => {
	await inbox.kill();
	await inbox.restart();
};

const terminated = async (inbox: Inbox) => {
	await inbox.kill('SIGTERM');
	await inbox.restart();
};

const withoutPostgres = async () => {
	const postgres = await postgresServer();
	await postgres.kill();
	await sleep(300);
	await postgres.restart();
};

const setBack = async (inbox: Inbox) => process.kill(inbox.pid(), 'SIGUSR2');

const malformed = async (inbox: Inbox) => {
	expect(await sendMalformed(inbox.url, SECRET, 20 / TIMES)).toEqual([]);
};

const KILLED = { make: killed, mayRepeat: true };
const TERMINATED = { make: terminated, says: /"Stopped\."/g };
const SET_BACK = { make: setBack, answersAll: true, says: /The clock is set back/g };

test.each<Fault>([
	{ fault: 'kill -9', store: 'SQLite', ...KILLED },
	{ fault: 'kill -9', store: 'PostgreSQL', ...KILLED },
	{
		fault: 'kill -9 behind PgBouncer, by session',
		store: 'PostgreSQL',
		pooled: 'session',
		...KILLED,
	},
	{ fault: 'kill -9 behind PgBouncer', store: 'PostgreSQL', pooled: 'transaction', ...KILLED },
	{ fault: 'kill -9 of one of two', store: 'PostgreSQL', inboxes: 2, ...KILLED },
	{ fault: 'SIGTERM', store: 'SQLite', ...TERMINATED },
	{ fault: 'SIGTERM', store: 'PostgreSQL', ...TERMINATED },
	// The inbox lives: what it has under way, it does not begin again.
	{ fault: 'kill -9 of PostgreSQL', store: 'PostgreSQL', make: withoutPostgres },
	{ fault: 'the clock set back an hour', store: 'SQLite', ...SET_BACK },
	{ fault: 'malformed requests', store: 'SQLite', make: malformed, answersAll: true },
])(
	'under load, on $store: $fault',
	async ({
		fault,
		store,
		mayRepeat = false,
		inboxes: count = 1,
		pooled,
		make,
		answersAll,
		says,
	}) => {
		await using running = new AsyncDisposableStack();
		const trigger = running.use(await startTaking());
		const place = await newPlace(store);
		const url = pooled && new URL(place);
		if (url) {
			const postgres = Number(url.port);
			url.port = String(running.use(await startPgBouncer({ postgres, mode: pooled })).port);
		}
		const inboxes: Inbox[] = [];
		while (inboxes.length < count) {
			inboxes.push(running.use(await start(trigger, url ? url.href : place)));
		}
		const [inbox] = inboxes;
		if (inbox === undefined) throw new Error('There is no inbox.');
		const figures = await measure(`${fault}, ${store}`, trigger, inboxes, () => make(inbox));
		if (answersAll) expect(figures.taken).toBe(figures.sent);
		expect(figures.twice).toBeLessThanOrEqual(mayRepeat ? TIMES * CONCURRENCY : 0);
		if (says) expect((await inbox.log()).match(says)).toHaveLength(TIMES);
	},
	TIMEOUT,
);

/* A small file system: only root can make one. */
(process.getuid?.() === 0 ? test : test.skip)(
	'a backlog that fills the disk is delivered all the same, also after a restart, and events are stored again',
	async () => {
		const disk = mkdtempSync(join(tmpdir(), 'koeiq-inbox-disk-'));
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', disk]);
		try {
			await using trigger = await startTaking();
			trigger.isReady = false;
			await using inbox = await start(trigger, join(disk, 'inbox.sqlite'));
			const stored: string[] = [];
			const store = async () => {
				const { id, payload } = event('large');
				const large = payload.replace(/^\{/, `{"padding":"${'x'.repeat(1_000_000)}",`);
				const { status, body } = await deliver(inbox.url, SECRET, large);
				if (status === 200) stored.push(id);
				return `${status} ${body}`;
			};
			const health = async () => (await fetch(`${inbox.url}/healthz`)).status;
			await poll('the disk to be as full as it may be', 60_000, async () =>
				(await store()).startsWith('503'),
			);
			expect(await store()).toBe('503 {"error":"Could not store the event"}');
			expect([await health(), await health()]).toEqual([503, 503]);
			// Something else takes most of what is free.
			const { bavail, bsize } = statfsSync(disk);
			expect(bavail * bsize).toBeGreaterThan(30_000_000);
			writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 20_000_000));
			await inbox.kill();
			await inbox.restart();
			trigger.isReady = true;
			await poll('all of the backlog', 60_000, () => trigger.taken().length === stored.length);
			expect(new Set(trigger.taken())).toEqual(new Set(stored));
			execFileSync('mount', ['-o', 'remount,size=200m', disk]);
			await poll('the inbox to be healthy', 60_000, async () => (await health()) === 200);
			expect(await store()).toMatch(/^200/);
		} finally {
			execFileSync('umount', ['-l', disk]);
			rmSync(disk, { recursive: true });
		}
	},
	TIMEOUT,
);

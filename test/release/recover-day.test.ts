import { template } from '../../harness/templates';
import { nodeOf } from '../../harness/workflow';
import { codeNode } from '../support/code-node';

/*
 * A day of the template "recover" on a model of n8n: 288 ticks, its own Code nodes, and runs that end in each way that
 * n8n knows. In queue mode on the real n8n: test/queue/recover.test.ts.
 */

const MINUTE = 60_000;
const TICK = 5 * MINUTE;
const DAY = 24 * 60 * MINUTE;
const WORKFLOW = 'w1';
const SETTINGS = {
	since_hours: 24,
	pauses_minutes: [0, 5, 30],
	stuck_minutes: 60,
	most_at_once: 10,
	tick_minutes: 10,
	n8n_url: 'https://n8n.example.com',
};

interface Run {
	id: number;
	workflowId: string;
	mode: string;
	status: string;
	createdAt: string;
	startedAt: string | null;
	stoppedAt?: string;
	retryOf: string | null;
	retrySuccessId?: string;
	workflowData: { nodes: Array<{ type: string; name: string }> };
	data?: object;
}

/** What becomes of an attempt: its state at once, and at last. */
interface Fate {
	first: string;
	/** After so many minutes. */
	then?: [number, string];
	/** n8n notes the success on the run that was repeated. */
	isNoted?: boolean;
	data?: object;
}

const RECOVER = template('recover');
const whatToLookFor = codeNode(RECOVER, 'What to look for');
const whatIsNew = codeNode(RECOVER, 'What is new');
const isItFromKoeIq = codeNode(RECOVER, 'Is it an event from KoeIQ?');
const whatIsDue = codeNode(RECOVER, 'What is due');

/** What begins once the runs are listed, in n8n's order: from top to bottom. A failure ends what comes after. */
const BRANCHES = (RECOVER.connections['List their runs']?.main ?? [])
	.flat()
	.map(({ node }) => nodeOf(RECOVER, node))
	.sort(({ position: [, one] }, { position: [, other] }) => one - other);

const NODES = [{ type: 'n8n-nodes-koeiq.koeIqTrigger', name: 'KoeIQ Trigger' }];
const DATA = { resultData: { runData: { 'KoeIQ Trigger': [] } } };
const CANCELED = {
	resultData: { ...DATA.resultData, error: { message: 'The execution was cancelled manually' } },
	executionData: { nodeExecutionStack: [] },
};

class ChatIsDown extends Error {}

class Day {
	now = Date.parse('2026-03-17T00:00:00Z');
	readonly runs: Run[] = [];
	readonly told: unknown[] = [];
	isChatDown = false;
	stops = 0;
	most = 0;
	/** What becomes of the runs between the list of them and the look into one. */
	meanwhile: (run: Run) => void = () => undefined;
	private memory: Array<Record<string, unknown>> = [];
	private readonly due: Array<[number, () => void]> = [];
	private freeAt = 0;

	constructor(private readonly fate: Fate) {}

	add(made: Partial<Run>): Run {
		const at = new Date(this.now).toISOString();
		const run: Run = {
			id: this.runs.length + 1,
			workflowId: WORKFLOW,
			mode: 'webhook',
			status: 'crashed',
			createdAt: at,
			startedAt: made.status === 'new' ? null : at,
			retryOf: null,
			workflowData: { nodes: NODES },
			data: DATA,
			...made,
		};
		if (!['new', 'running', 'waiting'].includes(run.status)) run.stoppedAt ??= at;
		this.runs.push(run);
		return run;
	}

	/** Runs so many hours of ticks. */
	pass(hours = 24): this {
		for (const end = this.now + (hours * DAY) / 24; this.now < end; this.now += TICK) this.tick();
		return this;
	}

	get attempts(): number {
		return this.runs.filter(({ retryOf }) => retryOf !== null).length;
	}

	private tick(): void {
		for (const [at, happen] of this.due) if (at > this.now - TICK && at <= this.now) happen();
		if (this.freeAt > this.now) return;
		this.freeAt = this.now + SETTINGS.tick_minutes * MINUTE;
		const workflows = [{ data: [{ id: WORKFLOW, nodes: NODES }] }];
		const nodes: Record<string, object[]> = {
			Settings: [SETTINGS],
			'List the workflows': workflows,
			'Read what is known': this.memory.length > 0 ? this.memory : [{}],
		};
		const on = (input: object[]) => ({ input, nodes, now: this.now });

		const urls = whatToLookFor(on(workflows)) as Array<{ url: string }>;
		nodes['List their runs'] = urls.map(({ url }) => ({ data: this.list(new URL(url)) }));
		this.runs.forEach(this.meanwhile);
		const branches: Record<string, () => void> = {
			'What is new': () => {
				const found = whatIsNew(on(nodes['List their runs'] ?? [])) as Array<{ id: number }>;
				const looked = this.runs.filter(({ id }) => found.some((one) => one.id === id));
				this.memory.push(...(isItFromKoeIq(on(looked)) as typeof this.memory));
			},
			'Read the open ones': () => {
				const open = this.memory.filter(({ state }) => state === 'open');
				if (open.length > 0) this.act(whatIsDue(on(open)) as Array<Record<string, unknown>>);
			},
			'Ready for the next': () => {
				this.freeAt = 0;
			},
			'Read what was given up': () => {
				const givenUp = this.memory.filter(({ state }) => state === 'given up');
				if (givenUp.length > 0 && this.isChatDown) throw new ChatIsDown();
				this.told.push(...givenUp.map(({ run_id }) => run_id));
				for (const row of givenUp) row.state = 'told';
			},
		};
		try {
			for (const { name } of BRANCHES) branches[name]?.();
		} catch (error) {
			if (!(error instanceof ChatIsDown)) throw error;
		}
	}

	private act(actions: Array<Record<string, unknown>>): void {
		const work = actions.filter(({ action }) => action === 'run' || action === 'stop');
		this.most = Math.max(this.most, work.length);
		for (const { action, ...change } of actions) {
			const row = this.memory.find(({ run_id }) => run_id === change.run_id);
			Object.assign(row ?? {}, change);
			if (action === 'stop') {
				this.stops++;
				this.end(this.run(change.stop_id), 'canceled');
			}
			if (action === 'run') this.retry(this.run(change.run_id));
		}
	}

	private run(id: unknown): Run {
		const found = this.runs.find((run) => String(run.id) === id);
		if (found === undefined) throw new Error(`No run ${String(id)}.`);
		return found;
	}

	private retry(original: Run): void {
		// n8n answers 409.
		if (original.status === 'new' || original.status === 'success') throw new Error('Not retried.');
		const { first, then, isNoted = false, data = DATA } = this.fate;
		const attempt = this.add({ mode: 'retry', status: first, retryOf: String(original.id), data });
		const note = () => {
			if (attempt.status === 'success' && isNoted) original.retrySuccessId = String(attempt.id);
		};
		note();
		if (then === undefined) return;
		const [minutes, status] = then;
		const end = () => {
			this.end(attempt, status);
			note();
		};
		this.due.push([this.now + minutes * MINUTE, end]);
	}

	private end(run: Run, status: string): void {
		run.status = status;
		run.stoppedAt = new Date(this.now).toISOString();
	}

	/** As n8n's API does. */
	private list({ searchParams }: URL): Array<Partial<Run>> {
		const [after, before] = ['startedAfter', 'startedBefore'].map((name) => searchParams.get(name));
		return this.runs
			.filter(({ status, startedAt }) => {
				if (status !== searchParams.get('status')) return false;
				if (after && (startedAt === null || startedAt < after)) return false;
				return !(before && (startedAt === null || startedAt > before));
			})
			.map((run) =>
				searchParams.get('includeData') === 'true' ? run : { ...run, data: undefined },
			);
	}
}

test.each<[string, Fate, number, number]>([
	// What becomes of an attempt, how many there are in a day, how often the chat is told.
	['fails', { first: 'error' }, 3, 1],
	['crashes', { first: 'running', then: [2, 'crashed'] }, 3, 1],
	['is canceled by a person', { first: 'running', then: [2, 'canceled'] }, 3, 1],
	['succeeds', { first: 'success', isNoted: true }, 1, 0],
	[
		'takes 20 minutes and succeeds',
		{ first: 'running', then: [20, 'success'], isNoted: true },
		1,
		0,
	],
	['waits for good', { first: 'waiting' }, 1, 0],
	['waits two minutes and succeeds', { first: 'waiting', then: [2, 'success'] }, 1, 0],
	['waits three hours and succeeds', { first: 'waiting', then: [180, 'success'] }, 1, 0],
	['waits three hours and fails', { first: 'waiting', then: [180, 'error'] }, 3, 1],
	['never has its turn', { first: 'new' }, 3, 1],
	['loses its worker', { first: 'running' }, 3, 1],
])('a crashed run whose attempt %s', (_, fate, attempts, told) => {
	const day = new Day(fate);
	day.add({});
	day.pass();
	expect([day.attempts, day.told.length]).toEqual([attempts, told]);
});

const DONE: Fate = { first: 'success', isNoted: true };

test.each<[string, Partial<Run>, Fate, { attempts: number; stops: number }]>([
	['crashed', { status: 'crashed' }, DONE, { attempts: 1, stops: 0 }],
	['failed', { status: 'error' }, DONE, { attempts: 1, stops: 0 }],
	['lost its worker', { status: 'running' }, DONE, { attempts: 1, stops: 1 }],
	['never had its turn', { status: 'new' }, DONE, { attempts: 1, stops: 1 }],
	[
		// n8n calls an attempt an error that repeats a stopped run, though it did everything.
		'lost its worker, and its attempt goes through',
		{ status: 'running' },
		{ first: 'error', data: CANCELED },
		{ attempts: 1, stops: 1 },
	],
	['was canceled by a person', { status: 'canceled' }, DONE, { attempts: 0, stops: 0 }],
	['waits', { status: 'waiting' }, DONE, { attempts: 0, stops: 0 }],
	['succeeded', { status: 'success' }, DONE, { attempts: 0, stops: 0 }],
	['was run by hand', { mode: 'manual' }, DONE, { attempts: 0, stops: 0 }],
	[
		'was started by another webhook of the workflow',
		{ data: { resultData: { runData: { Webhook: [] } } } },
		DONE,
		{ attempts: 0, stops: 0 },
	],
	[
		'was handed on, and not waited for',
		{ mode: 'integrated', workflowData: { nodes: [] }, data: handedOn(false) },
		DONE,
		{ attempts: 1, stops: 0 },
	],
	[
		'was handed on, and is repeated by the one that waited',
		{ mode: 'integrated', workflowData: { nodes: [] }, data: handedOn(true) },
		DONE,
		{ attempts: 0, stops: 0 },
	],
])('a run that %s', (_, made, fate, expected) => {
	const day = new Day(fate);
	day.add(made);
	day.pass();
	expect({ attempts: day.attempts, stops: day.stops }).toEqual(expected);
	expect(day.told).toEqual([]);
});

test.each<[string, Partial<Run>, Partial<Run>]>([
	['begins', { status: 'new' }, { status: 'running' }],
	['begins, and comes to its end', { status: 'new' }, { status: 'success' }],
	[
		'comes to its end at last',
		{ status: 'running', startedAt: '2026-03-16T22:00:00Z' },
		{ status: 'success' },
	],
])('a run that %s while it is looked for is left alone', (_, made, change) => {
	const day = new Day(DONE);
	day.add(made);
	day.meanwhile = (run) => {
		if (run.status === 'new') run.startedAt = new Date(day.now).toISOString();
		Object.assign(run, change);
	};
	day.pass(1);
	expect({ attempts: day.attempts, stops: day.stops }).toEqual({ attempts: 0, stops: 0 });
});

function handedOn(shouldResume: boolean): object {
	return { ...DATA, parentExecution: { executionId: '7', workflowId: WORKFLOW, shouldResume } };
}

test('of many that broke off at once, a tick runs ten, and all get their turn', () => {
	const day = new Day(DONE);
	for (let count = 0; count < 200; count++) day.add({});
	day.pass(3);
	expect([day.most, day.attempts]).toEqual([10, 200]);
});

test('while the chat is down, recovery goes on at every tick, and what was given up is told after that', () => {
	const day = new Day({ first: 'error' });
	day.isChatDown = true;
	const first = day.add({});
	day.pass(2);
	expect([day.attempts, day.told]).toEqual([3, []]);
	const second = day.add({});
	// At once, after 5 minutes, and after 30 more.
	day.pass(2 / 3);
	expect([day.attempts, day.told]).toEqual([6, []]);
	day.isChatDown = false;
	day.pass();
	expect([day.attempts, day.told]).toEqual([6, [first, second].map(({ id }) => String(id))]);
});

test('runs of others do not stand in the way', () => {
	const day = new Day(DONE);
	for (let count = 0; count < 500; count++) day.add({ data: { resultData: { runData: {} } } });
	day.add({});
	day.pass(2);
	expect(day.attempts).toBe(1);
});

test('what broke off more than a day ago is left alone', () => {
	const day = new Day(DONE);
	day.add({ stoppedAt: new Date(day.now - DAY - MINUTE).toISOString() });
	day.pass();
	expect(day.attempts).toBe(0);
});

import {
	decide,
	NEW_TARGET,
	placesIn,
	probed,
	type Reply,
	type Situation,
	type TargetState,
} from '../../inbox/src/delivery/policy';

/* What becomes of an event and its target, row by row of the contract. */

const SECOND = 1_000;
const READY = { name: 'ready', isProven: true, deferred: [] } satisfies TargetState;
const TRIAL = { name: 'ready', isProven: false, deferred: [] } satisfies TargetState;
const RETRY_PAUSES = [5 * SECOND, 30 * SECOND];

const answered = (status: number, text = '', more: Partial<Reply> = {}): Reply => ({
	...{ kind: 'answered', status, text, contentType: 'application/json' },
	...(more as object),
});
const STARTING = answered(200, '<html>', { contentType: 'text/html; charset=utf-8' });
const TOO_OLD = answered(401, '{"error":"Timestamp outside the allowed window"}');
const BROKEN: Reply = { kind: 'broken', reason: 'other side closed' };
const UNREACHABLE: Reply = { kind: 'unreachable', reason: 'connect ECONNREFUSED' };
const LATE: Reply = { kind: 'late', reason: 'no answer in 900 s' };

function judge(reply: Reply, situation: Partial<Situation> = {}) {
	return decide({
		...{ reply, isReady: true, state: READY, isStale: false },
		...{ job: { sequence: 1, attempts: 0, deferrals: 0 }, retryPauses: RETRY_PAUSES, chance: 0 },
		...situation,
	});
}

test.each<[string, Reply, boolean]>([
	['200', answered(200), false],
	['200 with a text', answered(200, 'ok'), false],
	['200 with JSON', answered(200, '{"received":true}'), false],
	[
		'200 of an event that the workflow does not select',
		answered(200, '{"received":true,"ignored":true}'),
		true,
	],
])('%s: delivered', (_name, reply, isIgnored) => {
	expect(judge(reply)).toEqual({ outcome: { state: 'delivered', isIgnored }, state: READY });
	expect(judge(reply, { state: TRIAL }).state).toEqual(READY);
});

test.each<[string, Reply]>([
	['401', answered(401, '{"error":"Invalid signature"}')],
	['404', answered(404)],
	['429', answered(429)],
	['502', answered(502)],
	['503', answered(503)],
	['504', answered(504)],
	["n8n's page while it starts", STARTING],
	['a break', BROKEN],
])(
	'%s from a target that says that it is ready: others go first, ever longer, then it is refused',
	(_name, reply) => {
		const pauses = [0, 1, 2, 3, 4, 5].map((deferrals) => {
			const { outcome, state } = judge(reply, { job: { sequence: 7, attempts: 0, deferrals } });
			expect(outcome.state).toBe('deferred');
			expect(state).toEqual({ ...READY, deferred: [7] });
			return 'pause' in outcome ? outcome.pause : NaN;
		});
		expect(pauses).toEqual([1, 2, 4, 8, 16, 32].map((seconds) => seconds * SECOND));
		const job = { sequence: 7, attempts: 1, deferrals: 6 };
		expect(judge(reply, { job }).outcome).toEqual({ state: 'retrying', pause: 30 * SECOND });
		expect(judge(reply, { job: { ...job, attempts: 2 } }).outcome).toEqual({ state: 'failed' });
	},
);

test.each<[string, Reply]>([
	['400', answered(400)],
	['401 of an event that is too old', TOO_OLD],
	['307', answered(307)],
	['413', answered(413)],
	['415', answered(415)],
	['422', answered(422)],
	['500', answered(500, '{"message":"Error in workflow"}')],
	['no answer in time', LATE],
])('%s from a target that says that it is ready: refused', (_name, reply) => {
	const at = (attempts: number) => judge(reply, { job: { sequence: 1, attempts, deferrals: 0 } });
	expect(at(0)).toEqual({ outcome: { state: 'retrying', pause: 5 * SECOND }, state: READY });
	expect(at(1).outcome).toEqual({ state: 'retrying', pause: 30 * SECOND });
	expect(at(2).outcome).toEqual({ state: 'failed' });
	expect(judge(reply, { state: TRIAL }).state).toEqual(READY);
});

test('a retry comes up to a tenth later, by chance', () => {
	expect(judge(answered(500), { chance: 1 }).outcome).toEqual({
		state: 'retrying',
		pause: 5.5 * SECOND,
	});
});

test.each<[string, Reply, boolean]>([
	['no connection', UNREACHABLE, true],
	['401', answered(401), false],
	['500', answered(500), false],
	['400', answered(400), false],
	["n8n's page while it starts", STARTING, false],
])(
	'%s, and the target does not say that it is ready: away, and nothing is lost',
	(_name, reply, isReady) => {
		const { outcome, state } = judge(reply, {
			isReady,
			job: { sequence: 1, attempts: 9, deferrals: 9 },
		});
		expect(outcome).toEqual({ state: 'released' });
		expect(state).toMatchObject({ name: 'away', pause: 500 });
	},
);

test('an event at which its target falls over lets others go first, ever longer, and is never refused for it', () => {
	const pause = (deferrals: number) => {
		const { outcome, state } = judge(BROKEN, {
			isReady: false,
			job: { sequence: 1, attempts: 0, deferrals },
		});
		expect(state.name).toBe('away');
		return outcome;
	};
	expect(pause(0)).toEqual({ state: 'deferred', pause: SECOND });
	expect(pause(9)).toEqual({ state: 'deferred', pause: 512 * SECOND });
	expect(pause(99)).toEqual({ state: 'deferred', pause: 3_600 * SECOND });
});

test('five different events that are deferred in a row, and none taken between: the target rejects all', () => {
	let state: TargetState = READY;
	const defer = (sequence: number) => {
		const decision = judge(answered(401), { state, job: { sequence, attempts: 0, deferrals: 6 } });
		({ state } = decision);
		return decision.outcome.state;
	};
	expect([defer(1), defer(1), defer(2), defer(3), defer(4)]).not.toContain('released');
	({ state } = judge(answered(200), { state }));
	for (const sequence of [1, 2, 3, 4]) expect(defer(sequence)).toBe('retrying');
	expect(state.name).toBe('ready');
	expect(defer(5)).toBe('released');
	expect(state).toEqual({
		...{ name: 'rejecting', turn: 'newest', mayTry: false, pause: 500, answer: '401' },
	});
});

test('a target that rejects all is asked with one event at a time, the newest and the oldest in turn, ever later', () => {
	let state: TargetState = {
		name: 'rejecting',
		turn: 'newest',
		mayTry: false,
		pause: 500,
		answer: '401',
	};
	const turns: string[] = [];
	for (let i = 0; i < 20; i++) {
		expect(placesIn(state, 4)).toBe(0);
		state = probed(state, { isReady: true });
		expect(placesIn(state, 4)).toBe(1);
		if (state.name === 'rejecting') turns.push(`${state.turn} ${state.pause}`);
		const { outcome, ...next } = judge(answered(401), {
			state,
			job: { sequence: i, attempts: 6, deferrals: 6 },
		});
		expect(outcome).toEqual({ state: 'released' });
		({ state } = next);
	}
	expect(turns.slice(0, 3)).toEqual(['newest 500', 'oldest 750', 'newest 1125']);
	expect(turns.at(-1)).toBe('oldest 30000');
	expect(judge(answered(200), { state }).state).toEqual(READY);
	expect(judge(answered(500), { state })).toEqual({
		outcome: { state: 'retrying', pause: 5 * SECOND },
		state: READY,
	});
	expect(probed(state, { isReady: false }).name).toBe('away');
});

test('a target that is new or away gets nothing before it says that it is ready, then one event first', () => {
	expect(placesIn(NEW_TARGET, 4)).toBe(0);
	const trial = probed(NEW_TARGET, { isReady: true });
	expect(trial).toEqual(TRIAL);
	expect(placesIn(trial, 4)).toBe(1);
	expect(placesIn(judge(answered(200), { state: trial }).state, 4)).toBe(4);
	// Others go first, one at a time still.
	expect(placesIn(judge(answered(404), { state: trial }).state, 4)).toBe(1);
});

test('a target that is away is asked after half a second, then ever later, up to 30 s', () => {
	let { state } = judge(UNREACHABLE);
	const pauses: number[] = [];
	for (let i = 0; i < 15; i++) {
		if (state.name === 'away') pauses.push(state.pause);
		state = probed(state, { isReady: false });
	}
	expect(pauses.slice(0, 3)).toEqual([500, 750, 1_125]);
	expect(pauses.at(-1)).toBe(30_000);
});

test.each([
	[10, 10 * SECOND],
	[7_200, 3_600 * SECOND],
	[0, 500],
])('honours Retry-After: %i s', (seconds, pause) => {
	const reply = answered(503, '', { retryAfter: seconds * SECOND });
	expect(judge(reply, { isReady: false }).state).toMatchObject({ name: 'away', pause });
	expect(probed(NEW_TARGET, { isReady: false, retryAfter: seconds * SECOND })).toMatchObject({
		pause,
	});
	expect(judge(reply).outcome).toEqual({ state: 'deferred', pause: Math.max(SECOND, pause) });
});

test('what was sent before the target went away, or came back, says nothing about it', () => {
	const state: TargetState = { name: 'away', pause: 5_000, answer: 'x' };
	const stale = (reply: Reply, isReady = true) => judge(reply, { state, isReady, isStale: true });
	expect(stale(answered(200))).toEqual({
		outcome: { state: 'delivered', isIgnored: false },
		state,
	});
	expect(stale(answered(401))).toEqual({ outcome: { state: 'released' }, state });
	expect(stale(answered(401), false)).toEqual({ outcome: { state: 'released' }, state });
	expect(stale(answered(500))).toEqual({
		outcome: { state: 'retrying', pause: 5 * SECOND },
		state,
	});
	expect(stale(UNREACHABLE)).toEqual({ outcome: { state: 'released' }, state });
});

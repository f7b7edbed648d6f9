import { log } from '../../inbox/src/log';
import { createMetrics, type Metrics, type MetricsOptions } from '../../inbox/src/metrics';
import { STATES, type TargetOverview } from '../../inbox/src/store/store';

/* What Prometheus reads, with a store that is told what to say. */

const ONE = 'http://one.test/';
const NAME = 'koeiq_inbox_';

let store: MetricsOptions['store'];
let up: Map<string, boolean>;
let metrics: Metrics;

beforeEach(() => {
	jest.spyOn(log, 'warn').mockImplementation(() => {});
	up = new Map([[ONE, true]]);
	store = {
		overview: async () => [overview({ waiting: 2, retrying: 1, failed: 4 })],
		size: async () => ({ bytes: 8_192, freeBytes: 1e9 }),
	};
	metrics = createMetrics({
		store: {
			overview: async () => await store.overview(),
			size: async () => await store.size(),
		},
		reasons: ['notStored', 'tooLarge'],
		targetsUp: () => up,
	});
	metrics.started(ONE);
});

afterEach(() => {
	jest.useRealTimers();
	jest.restoreAllMocks();
});

function overview(counts: Partial<TargetOverview['counts']>): TargetOverview {
	const none = Object.fromEntries(STATES.map((state) => [state, 0])) as TargetOverview['counts'];
	const oldest = Date.now() - 60_000;
	return {
		...{ key: 'one', url: ONE, name: 'One', state: 'current', changedAt: 0, isSet: true },
		...{ counts: { ...none, ...counts }, oldestPendingAt: oldest },
		oldestAt: { waiting: oldest, retrying: null },
	};
}

/** The value of each series of the inbox, by its name and labels. */
async function read(): Promise<Record<string, number>> {
	const { text } = await metrics.read();
	const lines = text.split('\n').filter((line) => line.startsWith(NAME));
	return Object.fromEntries(
		lines.map((line) => {
			const end = line.lastIndexOf(' ');
			return [line.slice(NAME.length, end).replaceAll('"', ''), Number(line.slice(end + 1))];
		}),
	);
}

test('every series is there from the start, at 0', async () => {
	const series = await read();
	const zeros = Object.keys(series).filter((name) => series[name] === 0);
	expect(zeros).toEqual(
		expect.arrayContaining([
			...['received_total', 'refused_total{reason=notStored}', 'refused_total{reason=tooLarge}'],
			...['signed_total{secret=current}', 'signed_total{secret=previous}'],
			...['2xx', '4xx', '5xx'].map((code) => `request_duration_seconds_count{code=${code}}`),
			`delivered_total{target=${ONE}}`,
			...['delivered', 'retrying', 'failed', 'deferred', 'released'].map(
				(outcome) => `attempts_total{target=${ONE},outcome=${outcome}}`,
			),
		]),
	);
});

test('counts what happens', async () => {
	metrics.received();
	metrics.refused('tooLarge');
	metrics.signed('previous');
	metrics.answered(200, 0.01);
	metrics.answered(503, 3);
	metrics.attempted(ONE, 'retrying');
	metrics.attempted(ONE, 'delivered');
	expect(await read()).toMatchObject({
		...{ received_total: 1, 'refused_total{reason=tooLarge}': 1 },
		...{ 'signed_total{secret=current}': 0, 'signed_total{secret=previous}': 1 },
		'request_duration_seconds_bucket{le=0.005,code=2xx}': 0,
		'request_duration_seconds_bucket{le=0.025,code=2xx}': 1,
		'request_duration_seconds_bucket{le=2.5,code=5xx}': 0,
		'request_duration_seconds_bucket{le=10,code=5xx}': 1,
		[`attempts_total{target=${ONE},outcome=retrying}`]: 1,
		[`attempts_total{target=${ONE},outcome=delivered}`]: 1,
		[`delivered_total{target=${ONE}}`]: 1,
	});
});

test('tells whether a target is up, and of one that is paused nothing', async () => {
	expect(await read()).toMatchObject({ [`target_up{target=${ONE}}`]: 1 });
	up.set(ONE, false);
	expect(await read()).toMatchObject({ [`target_up{target=${ONE}}`]: 0 });
	up.clear();
	expect(Object.keys(await read()).join()).not.toContain('target_up');
});

test('says nothing of a disk that it does not know', async () => {
	expect(await read()).toMatchObject({ store_bytes: 8_192, store_free_bytes: 1e9 });
	store.size = async () => ({ bytes: 1, freeBytes: null });
	metrics = createMetrics({ store, reasons: [], targetsUp: () => up });
	expect(Object.keys(await read()).join()).not.toContain('free_bytes');
});

test('keeps what it read last while the store is away, and says so', async () => {
	await read();
	store.overview = async () => await Promise.reject(new Error('away'));
	expect(await read()).toMatchObject({
		store_up: 0,
		[`pending{target=${ONE}}`]: 3,
		[`failed{target=${ONE}}`]: 4,
		store_bytes: 8_192,
	});
	store.overview = async () => [overview({})];
	expect(await read()).toMatchObject({ store_up: 1, [`failed{target=${ONE}}`]: 0 });
});

test('answers while the store does not, and asks it once at a time', async () => {
	jest.useFakeTimers();
	const asked = jest.spyOn(store, 'overview').mockReturnValue(new Promise(() => {}));
	const scrapes = Promise.all([read(), read()]);
	await jest.advanceTimersByTimeAsync(5_000);
	expect(await scrapes).toMatchObject([{ store_up: 0 }, { store_up: 0 }]);
	expect(asked).toHaveBeenCalledTimes(1);
});

test('has the process’s own metrics', async () => {
	const { text } = await metrics.read();
	expect(text).toMatch(/^process_cpu_seconds_total /m);
	expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
});

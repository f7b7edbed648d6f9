import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/* The figures that the documents quote, beside the benchmarks that they name. */

const PROJECT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

interface Figure {
	median: number;
	ratio: { median: number };
}
type Figures = Record<string, Record<string, Figure>>;
type Rows = Array<Record<string, string | number>>;

const measured = {
	settings: (json('settings') as { figures: Figures }).figures,
	n8n: json('n8n') as {
		figures: Figures;
		memory: Array<Record<'requests' | 'resident, MB', number>>;
	},
	profile: json('profile') as { microseconds: Record<string, number>; ours: number },
	loss: (json('queue-loss') as { cases: Array<Record<string, number>> }).cases,
	queue: json('queue') as { accepted: Figures; forged: Figures },
	day: (json('day') as { rows: Rows }).rows,
	bomb: json('bomb') as { bytes: number; figures: Figures },
	inbox: json('inbox') as Record<'door' | 'latency' | 'shared' | 'memory' | 'file', Rows>,
	restart: (json('restart') as { rows: Rows }).rows,
	replace: (json('replace') as { rows: Rows }).rows,
	recover: (json('recover') as { rows: Rows }).rows,
	upload: (json('upload') as { rows: Rows }).rows,
	timing: json('timing') as { millions: number },
	growth: (
		json('growth') as { series: Record<string, Array<Record<'at' | 'milliseconds', number>>> }
	).series,
};

function json(benchmark: string): unknown {
	return JSON.parse(read(`docs/benchmarks/${benchmark}.json`));
}

/** A quantity of a contender, or that of another to it. */
function figure(figures: Figures, name: string, quantity: string): Figure {
	const found = figures[name]?.[quantity];
	if (found === undefined) throw new Error(`The benchmark has no ${quantity} of ${name}.`);
	return found;
}

/** A document's sentence with # for each figure in it, and what the benchmark has for these. */
type Quote = [document: string, sentence: string, benchmark: string, figures: number[]];

const BASE = 'lazy isolates (the base)';
const SHIPPED = 'as shipped: isolates for every request';
const NO_SUCCESSES = 'EXECUTIONS_DATA_SAVE_ON_SUCCESS=none';
const cpu = (name: string) => figure(measured.settings, name, 'cpu').median;
const lazyToShipped = 1 / figure(measured.settings, SHIPPED, 'perSecond').ratio.median;
const inN8n = (name: string, quantity = 'perSecond') =>
	figure(measured.n8n.figures, name, quantity).median;
const { microseconds, ours } = measured.profile;
const profiled = Object.values(microseconds).reduce((sum, part) => sum + part, 0);
const database = microseconds['database: TypeORM and SQLite'] ?? NaN;
const inQueueMode = ['queue mode, 1 worker', 'queue mode, 2 workers'].map(
	(name) => figure(measured.queue.accepted, name, 'done').ratio.median * 100,
);

const [sentWithDefaults = NaN, , sentWithOurs = NaN] = measured.loss.map(
	({ sent = NaN, kills = NaN }) => sent / kills,
);

const { door, latency, shared, memory: waiting, file } = measured.inbox;
/** A table's figures, from top to bottom. */
const column = (rows: Rows, name: string) =>
	rows.map((row) => Number.parseFloat(String(row[name] ?? NaN)));
const [, up = NaN, down = NaN, million = NaN] = column(door, 'events/s');
const [, halfUp = NaN, halfDown = NaN] = column(latency, 'p50');
const ofInboxes = column(shared, 'events/s');
const bytes = column(file, 'bytes an event').slice(0, 2);

const cells = (row: Rows[number] | undefined, ...names: string[]) =>
	names.map((name) => Number(row?.[name] ?? NaN));
const [replaced] = measured.replace;
const recovered = (isQueue: boolean, ...names: string[]) =>
	names.map((name) =>
		measured.recover
			.filter(({ kills }) => (kills === undefined) === isQueue)
			.reduce((sum, row) => sum + Number(row[name]), 0),
	);
const grown = [
	['2.', 'filesystem', 'MB more, the first run'],
	['1.', 'filesystem', 'MB more, the first run'],
	['1.', 'default', 'MB more, the first run'],
	['1.', 'default', 'MB more, from the request on'],
].flatMap(([n8n = '', mode = '', quantity = '']) => {
	const found = measured.upload.find(
		(row) => String(row.n8n).startsWith(n8n) && row['binary data'] === mode,
	);
	return cells(found, quantity);
});

const QUOTES: Quote[] = [
	['README.md', 'it stored # events a second, # with a million waiting', 'inbox', [up, million]],
	[
		'docs/scaling.md',
		'# events a second on SQLite, and # on PostgreSQL; two inboxes on one PostgreSQL took #',
		'inbox',
		[up, ...ofInboxes],
	],
	[
		'inbox/README.md',
		'# events a second with its target up, # with the target down, and # with a million events waiting',
		'inbox',
		[up, down, million],
	],
	[
		'inbox/README.md',
		'half were answered within # ms with the target up, # ms with it down',
		'inbox',
		[halfUp, halfDown],
	],
	['inbox/README.md', 'one inbox took # events a second, two took #', 'inbox', ofInboxes],
	[
		'inbox/README.md',
		'With a million events waiting, it used # MB of memory after the load',
		'inbox',
		column(waiting, 'MB').slice(-1),
	],
	[
		'inbox/README.md',
		'takes # bytes while it waits, with its indexes, and # once it is delivered',
		'inbox',
		bytes,
	],
	['docs/scaling.md', 'on this page: # times as many events', 'settings', [lazyToShipped]],
	['README.md', 'accepts # times as many events', 'settings', [lazyToShipped]],
	['docs/ja/README.md', 'イベントの数が # 倍', 'settings', [lazyToShipped]],
	[
		'docs/scaling.md',
		'`EXECUTIONS_DATA_SAVE_ON_SUCCESS=none` takes # ms of CPU in place of #',
		'settings',
		[cpu(NO_SUCCESSES), cpu(BASE)],
	],
	[
		'docs/scaling.md',
		"takes # accepted events a second, beside # of n8n's bare Webhook node, which checks nothing, and # of the same check",
		'n8n',
		[
			inN8n('KoeIQ Trigger, accepted'),
			inN8n('Bare Webhook, accepted'),
			inN8n('Built by hand, accepted'),
		],
	],
	['docs/scaling.md', 'It refuses # forged ones a second', 'n8n', [inN8n('KoeIQ Trigger, forged')]],
	[
		'docs/scaling.md',
		'An accepted event costs # ms of CPU',
		'n8n',
		[inN8n('KoeIQ Trigger, accepted', 'cpu')],
	],
	[
		'docs/scaling.md',
		'the database alone has # %, this package # %, or # % with what it asks n8n for',
		'profile',
		[database, microseconds['this package'] ?? NaN, ours].map((part) => (part / profiled) * 100),
	],
	[
		'docs/scaling.md',
		'as one process with one worker, # %, and fewer with two, # %',
		'queue',
		inQueueMode,
	],
	...[
		"n8n's defaults | # times | Immediately",
		"n8n's defaults | the same # | When the Workflow Has Finished",
		'those of `deploy/` | # times | Immediately',
		'those of `deploy/` | the same # | When the Workflow Has Finished',
	].map((row, index): Quote => {
		const columns = ['kills', 'answered 200', 'written over', 'cut off, then run again'];
		const figures = columns.map((name) => measured.loss[index]?.[name] ?? NaN);
		return ['docs/scaling.md', `| ${row} | # | # | # |`, 'queue-loss', figures];
	}),
	[
		'docs/scaling.md',
		'# were sent with these settings, and # with the defaults',
		'queue-loss',
		[sentWithOurs, sentWithDefaults],
	],
	...measured.restart.flatMap((row): Quote[] => {
		const columns = ['sent', 'answered 200', 'run to the end', 'run twice', 'slowest answer, s'];
		const isKept = row.events === 'through the inbox';
		const inEnglish = isKept
			? 'through the inbox, *When the Workflow Has Finished*'
			: 'straight to n8n';
		const inJapanese = isKept ? 'inbox を経由、*When the Workflow Has Finished*' : 'n8n へ直接';
		return [
			[
				'README.md',
				`| ${row.n8n} | ${inEnglish} | # | # | # | # | # s |`,
				'restart',
				cells(row, ...columns),
			],
			[
				'docs/ja/README.md',
				`| ${row.n8n} | ${inJapanese} | # | # | # | # | # 秒 |`,
				'restart',
				cells(row, ...columns),
			],
		];
	}),
	[
		'README.md',
		'On 1.123.81, # of the events that went straight to n8n were answered 200 and never came to an end',
		'restart',
		cells(
			measured.restart.find(({ n8n, lost }) => String(n8n).startsWith('1.') && lost !== 0),
			'lost',
		),
	],
	[
		'docs/ja/README.md',
		'毎秒 # 件、100 万件が待機している状態でも毎秒 # 件を保存',
		'inbox',
		[up, million],
	],
	[
		'docs/ja/README.md',
		'n8n のメモリの増加は # MB（2.40.7）、# MB（1.123.81）でした',
		'upload',
		grown.slice(0, 2),
	],
	[
		'docs/ja/README.md',
		'n8n 自体が # MB 増え、アップロードはそれに # MB を加えました',
		'upload',
		grown.slice(2),
	],
	[
		'README.md',
		"450 MB made n8n's memory grow by # MB (2.40.7) and # MB (1.123.81)",
		'upload',
		grown.slice(0, 2),
	],
	[
		'README.md',
		'there n8n itself grew by # MB for a recording of 380 MB, and the upload added # MB',
		'upload',
		grown.slice(2),
	],
	[
		'examples/README.md',
		'all of # events had their effect, # of them twice',
		'recover',
		recovered(true, 'with their effect', 'asked for twice'),
	],
	[
		'examples/README.md',
		'# runs were cut off; all # events that were answered 200 had a run that came to its end, three of them while the chat was down, and # that could not succeed were told once it was back. # requests',
		'recover',
		recovered(false, 'crashed', 'run to their end', 'given up and told', 'asked for twice'),
	],
	[
		'deploy/queue/README.md',
		'# events, 10 a second, were sent to the webhook processors',
		'replace',
		cells(replaced, 'sent'),
	],
	[
		'deploy/queue/README.md',
		'the slowest after # seconds, and each ran once',
		'replace',
		cells(replaced, 'slowest answer, s'),
	],
	[
		'docs/security.md',
		'one request of # KB of gzip kept its event loop busy for # s',
		'bomb',
		[
			measured.bomb.bytes / 1000,
			figure(measured.bomb.figures, 'the bomb, unsigned, straight to n8n', 'stalled').median / 1000,
		],
	],
	[
		'docs/security.md',
		'# million of each kind of wrong digest were timed',
		'timing',
		[measured.timing.millions],
	],
];

test.each(QUOTES)('%s: "%s" is what %s has', (document, sentence, benchmark, figures) => {
	const text = sectionWith(document, sentence);
	expect(text.section).toContain(`benchmarks/${benchmark}.md`);
	expect(text.figures).toEqual(figures.map((value, i) => asPrecise(value, text.figures[i])));
});

test('docs/scaling.md has the table of the simulated day', () => {
	const rows = [...read('docs/scaling.md').matchAll(/^\| ([\d,]+0,000) \| (.*) \|$/gm)];
	expect(rows).toHaveLength(measured.day.length);
	for (const [index, [, events = '', cells = '']] of rows.entries()) {
		const simulated = measured.day[index] ?? {};
		expect(events).toBe(simulated['events a day']);
		const columns = [
			'a second, busiest hour',
			'one process: its core',
			'webhook processors',
			'workers',
			"PostgreSQL's cores",
		];
		const expected = columns.map((column) => String(simulated[column]));
		expect(cells.split(' | ')).toEqual(
			expected.map((text, i) =>
				numberOf(text) > 100 && text.endsWith('%')
					? 'over one'
					: like(cells.split(' | ')[i] ?? '', numberOf(text)),
			),
		);
	}
});

test('memory stays flat, as docs/scaling.md says', () => {
	const { memory } = measured.n8n;
	const half = memory[Math.floor(memory.length / 2)]?.['resident, MB'] ?? NaN;
	expect((memory.at(-1)?.['resident, MB'] ?? NaN) / half).toBeLessThan(1.1);
	const requests = Math.floor((memory.at(-1)?.requests ?? NaN) / 10_000) * 10_000;
	const { figures } = sectionWith('docs/scaling.md', 'stays flat over # requests');
	expect(figures).toEqual([String(requests)]);
});

test('the cost grows with nothing but large bodies, as docs/scaling.md says', () => {
	for (const [name, points] of Object.entries(measured.growth)) {
		const [first] = points;
		for (const { at, milliseconds } of points) {
			const isLarge = name.startsWith('size of the body') && at > 30_000;
			const ratio = milliseconds / (first?.milliseconds ?? NaN);
			expect({ name, at, isLarge: ratio > 1.5 }).toEqual({ name, at, isLarge });
		}
	}
});

/** The figures of a sentence as they are written, and the section of the document that it stands in. */
function sectionWith(document: string, sentence: string): { section: string; figures: string[] } {
	const escaped = sentence
		.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
		.replaceAll(' ', '\\s+')
		.replaceAll('#', '([\\d.,]*\\d)');
	for (const section of read(document).split(/^#+ /m)) {
		const found = new RegExp(escaped).exec(section);
		if (found !== null) {
			return { section, figures: found.slice(1).map((text) => text.replaceAll(',', '')) };
		}
	}
	throw new Error(`${document} has no sentence "${sentence}".`);
}

/** A value, rounded to as many significant digits as a text has. */
function asPrecise(value: number, text = ''): string {
	const [, digits = '', zeros = ''] = /^0*([1-9]\d*?)?(0*)$/.exec(text.replace('.', '')) ?? [];
	const significant = text.includes('.') ? digits.length + zeros.length : digits.length;
	const decimals = text.split('.')[1]?.length ?? 0;
	return Number(value.toPrecision(Math.max(significant, 1))).toFixed(decimals);
}

function like(cell: string, value: number): string {
	const [text = ''] = /[\d.,]*\d/.exec(cell) ?? [];
	const plain = text.replaceAll(',', '');
	return asPrecise(value, plain) === plain ? cell : `${value}, not ${cell}`;
}

function numberOf(text: string): number {
	return Number(text.replaceAll(',', '').replace(' %', ''));
}

import { Writable } from 'node:stream';

import { exportFailed } from '../../inbox/src/cli/export';
import {
	closeStores,
	newEvent,
	newEvents,
	newPlace,
	openAt,
	stopPostgres,
	STORES,
} from './support/open-store';

/* What has failed, for whoever has to explain it. */

afterEach(closeStores);
afterAll(stopPostgres);

async function exported(at: string): Promise<unknown[]> {
	let text = '';
	const output = new Writable({
		highWaterMark: 1,
		write: (chunk, _encoding, done) => {
			text += String(chunk);
			setImmediate(done);
		},
	});
	await exportFailed(at, output);
	return text
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line) as unknown);
}

const A = { key: 'a', url: 'http://a/webhook/a/koeiq', name: 'Wörkflow' };

test.each(STORES)('%s: beside an inbox, one line for each delivery that failed', async (name) => {
	const { store, at } = await openAt(await newPlace(name), []);
	await store.register(A);
	const body = Buffer.from('{"event":"alert.triggered","text":"質問\\n"}');
	const failing = newEvent({ body, receivedAt: Date.parse('2026-01-31T00:00:00Z') });
	for (const event of [failing, ...newEvents(150)]) await store.add(event);
	const jobs = await store.take('a', { places: 150, retries: 0 });
	const answer = '500 {"message":"Error in workflow"}';
	for (const job of jobs) {
		await store.settle(job, { state: 'failed' }, { at: 1, answer, milliseconds: 2 });
	}
	const lines = await exported(at);
	expect(lines).toHaveLength(150);
	expect(lines.at(-1)).toEqual({
		id: failing.id,
		receivedAt: '2026-01-31T00:00:00.000Z',
		event: 'alert.triggered',
		...{ callId: failing.callId, voicelogId: failing.voicelogId },
		...{ target: A, attempts: 1, lastAnswer: answer, body: body.toString() },
	});
	// It has changed nothing, and holds nothing.
	expect(await store.sendFailedAgain('a')).toBe(150);
	expect(await exported(at)).toEqual([]);
});

test.each<[string, RegExp]>([
	['/none/at/all.sqlite', /^INBOX_STORE cannot be used \(\/none\/at\/all\.sqlite\): .*unable/],
	[
		'postgres://u:word@127.0.0.1:1/x',
		/^INBOX_STORE cannot be used \(PostgreSQL at 127\.0\.0\.1:1\)/,
	],
])('%s: a store that cannot be read is named', async (at, sentence) => {
	await expect(exportFailed(at, process.stdout)).rejects.toThrow(sentence);
});

test.each(STORES)(
	'%s: a place in which no inbox has kept anything is left as it is',
	async (name) => {
		const place = await newPlace(name);
		const failure = /^INBOX_STORE cannot be used .*: .*(no inbox has stored|unable to open)/;
		await expect(exportFailed(place, process.stdout)).rejects.toThrow(failure);
		await expect(exportFailed(place, process.stdout)).rejects.toThrow(failure);
	},
);

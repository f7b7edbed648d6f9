import { REFUSALS } from '../../nodes/KoeIq/core/refusals';
import type { Verdict } from '../../nodes/KoeIq/core/judge';
import { explain, QuietLog } from '../../nodes/KoeIq/trigger/log';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-17T09:05:00Z');

test('writes one line a minute for each key, with the count of the others', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', NOW, () => 'text')).toBe('text');
	for (let i = 1; i < 38; i++) expect(log.line('w1 forged', NOW + i, () => 'text')).toBeUndefined();
	expect(log.line('w1 forged', NOW + MINUTE - 1, () => 'text')).toBeUndefined();
	expect(log.line('w1 forged', NOW + MINUTE, () => 'text')).toBe(
		'text (and 38 more since the last such line)',
	);
	expect(log.line('w1 forged', NOW + 2 * MINUTE, () => 'text')).toBe('text');
});

test('keeps keys apart', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', 0, () => 'a')).toBe('a');
	expect(log.line('w2 forged', 0, () => 'b')).toBe('b');
	expect(log.line('w1 too large', 0, () => 'c')).toBe('c');
	expect(log.line('w1 forged', 1, () => 'd')).toBeUndefined();
});

test('is not silenced by a clock that was set back', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', 10 * MINUTE, () => 'text')).toBe('text');
	expect(log.line('w1 forged', 5 * MINUTE, () => 'text')).toBe('text');
});

test('does not make the text of a line that it does not write', () => {
	const log = new QuietLog();
	const text = jest.fn(() => 'text');
	for (let i = 0; i < 5; i++) log.line('w1 forged', i, text);
	expect(text).toHaveBeenCalledTimes(1);
});

const WORKFLOW = { id: 'w1', name: 'Alerts' };
const REFUSED = REFUSALS.multipart;

test.each<[string, Verdict, { id?: string; name?: string }, string]>([
	[
		'a refusal',
		REFUSED,
		WORKFLOW,
		'refused a request for workflow "Alerts" (w1): it is a multipart form, so the signed bytes are gone',
	],
	['one of an unsaved workflow', REFUSED, {}, 'refused a request for workflow "" (unsaved): '],
	[
		'one with what n8n said, on one line',
		{ ...REFUSALS.unreadable, cause: () => 'bad\nheader' },
		WORKFLOW,
		String.raw`or is not the gzip or deflate that it claims to be ("bad\nheader")`,
	],
	[
		'an event that differs',
		ignored('alert.triggered', 'timestamp', 'data.threshold'),
		WORKFLOW,
		'got alert.triggered for workflow "Alerts" (w1), which differs from KoeIQ\'s reference in: timestamp, data.threshold',
	],
])('explains %s', (_, verdict, workflow, expected) => {
	expect(explain(verdict, workflow)).toContain(`KoeIQ Trigger `);
	expect(explain(verdict, workflow)).toContain(expected);
});

function ignored(kind: 'alert.triggered', ...paths: string[]): Verdict {
	const issues = paths.map((path) => ({ path, message: 'a value of the event' }));
	return { outcome: 'ignored', kind, issues, status: 200, body: {} };
}

test.each([
	['a line break', 'a\n2026-11-23 error', String.raw`"a\n2026-11-23 error"`],
	['a quote', 'a"b', String.raw`"a\"b"`],
	['a line separator', 'a\u2028b', String.raw`"a\u2028b"`],
	['a paragraph separator', 'a\u2029b', String.raw`"a\u2029b"`],
	['a mark that reverses the text', 'a\u202eb', String.raw`"a\u202eb"`],
	['an isolate of directions', 'a\u2067b', String.raw`"a\u2067b"`],
	['a C1 control', 'a\u009b31mb', String.raw`"a\u009b31mb"`],
	['an escape', '\u001b[2J', String.raw`"\u001b[2J"`],
	['a tag of two units', 'a\u{e0041}b', String.raw`"a\udb40\udc41b"`],
	['half a character', 'a\ud83db', String.raw`"a\ud83db"`],
])('escapes %s in a name', (_, name, expected) => {
	const line = explain(REFUSED, { name });
	expect(line).toContain(`for workflow ${expected} (`);
	// Nothing of it is lost.
	expect(JSON.parse(/for workflow (".*") \(/.exec(line)?.[1] ?? '')).toBe(name);
});

test('leaves a name in any script as it is', () => {
	const name = '通話アラート 🔔 é';
	expect(explain(REFUSED, { name })).toContain(`"${name}"`);
});

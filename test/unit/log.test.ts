import { nameWorkflow, QuietLog, quote } from '../../nodes/KoeIq/trigger/log';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-17T09:05:00Z');

test('writes one line a minute for each key, with the count of the others', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', 'text', NOW)).toBe('text');
	for (let i = 1; i < 38; i++) expect(log.line('w1 forged', 'text', NOW + i)).toBeUndefined();
	expect(log.line('w1 forged', 'text', NOW + MINUTE - 1)).toBeUndefined();
	expect(log.line('w1 forged', 'text', NOW + MINUTE)).toBe(
		'text (and 38 more since the last such line)',
	);
	expect(log.line('w1 forged', 'text', NOW + 2 * MINUTE)).toBe('text');
});

test('keeps keys apart', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', 'a', 0)).toBe('a');
	expect(log.line('w2 forged', 'b', 0)).toBe('b');
	expect(log.line('w1 too large', 'c', 0)).toBe('c');
	expect(log.line('w1 forged', 'd', 1)).toBeUndefined();
});

test('is not silenced by a clock that was set back', () => {
	const log = new QuietLog();
	expect(log.line('w1 forged', 'text', 10 * MINUTE)).toBe('text');
	expect(log.line('w1 forged', 'text', 5 * MINUTE)).toBe('text');
});

test.each([
	['its name and id', { id: 'w1', name: 'Alerts' }, '"Alerts" (w1)'],
	['unsaved', {}, '"" (unsaved)'],
])('names a workflow: %s', (_, workflow, expected) => {
	expect(nameWorkflow(workflow)).toBe(expected);
});

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
	expect(quote(name)).toBe(expected);
	expect(JSON.parse(quote(name))).toBe(name);
});

test('leaves a name in any script as it is', () => {
	expect(quote('通話アラート 🔔 é')).toBe('"通話アラート 🔔 é"');
});

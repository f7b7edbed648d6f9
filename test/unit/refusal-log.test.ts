import { RefusalLog } from '../../nodes/KoeIq/core/refusal-log';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-17T09:05:00Z');
const WORKFLOW = { id: 'w1', name: 'Alerts' };

test('names the workflow and the reason', () => {
	expect(new RefusalLog().line(WORKFLOW, 'its secret differs', 0)).toBe(
		'KoeIQ Trigger refused a request for workflow "Alerts" (w1): its secret differs',
	);
});

test('writes one line a minute for each workflow and reason, with the count of the others', () => {
	const log = new RefusalLog();
	expect(log.line(WORKFLOW, 'forged', NOW)).toBeDefined();
	for (let i = 1; i < 38; i++) expect(log.line(WORKFLOW, 'forged', NOW + i)).toBeUndefined();
	expect(log.line(WORKFLOW, 'forged', NOW + MINUTE - 1)).toBeUndefined();
	expect(log.line(WORKFLOW, 'forged', NOW + MINUTE)).toMatch(
		/ \(and 38 more since the last such line\)$/,
	);
	expect(log.line(WORKFLOW, 'forged', NOW + 2 * MINUTE)).not.toContain('more since');
});

test('keeps workflows and reasons apart', () => {
	const log = new RefusalLog();
	expect(log.line(WORKFLOW, 'forged', 0)).toBeDefined();
	expect(log.line({ ...WORKFLOW, id: 'w2' }, 'forged', 0)).toBeDefined();
	expect(log.line(WORKFLOW, 'too large', 0)).toBeDefined();
	expect(log.line(WORKFLOW, 'forged', 1)).toBeUndefined();
});

test('is not silenced by a clock that was set back', () => {
	const log = new RefusalLog();
	expect(log.line(WORKFLOW, 'forged', 10 * MINUTE)).toBeDefined();
	expect(log.line(WORKFLOW, 'forged', 5 * MINUTE)).toBeDefined();
});

test('does not let a name begin a line of its own', () => {
	const name = 'Alerts\n2026-11-23 error all is lost';
	expect(new RefusalLog().line({ id: 'w1', name }, 'forged', 0)).not.toContain('\n');
});

test('writes of a workflow that has not been saved', () => {
	expect(new RefusalLog().line({}, 'forged', 0)).toContain('workflow "" (unsaved)');
});

import type { Page } from 'playwright-core';

import { poll } from '../../../harness/wait';
import { nodeOf } from '../../../harness/workflow';
import { toCallDate } from '../../../nodes/KoeIq/upload/call-date';
import { n8nUnderTest } from '../../e2e/support/trigger';
import { disposedAfterAll } from '../../support/disposed';
import {
	byTestId,
	closePanel,
	Editor,
	findKoeIq,
	LOAD_MILLISECONDS,
	openPanel,
} from '../../browser/support/editor';

/* The KoeIQ node in n8n's own editor. */

let editor: Editor;

const started = disposedAfterAll();

beforeAll(async () => {
	editor = await started(Editor.open());
}, LOAD_MILLISECONDS);

describe('the node creator', () => {
	let page: Page;

	beforeAll(async () => {
		page = await editor.openNodeCreator();
	});

	const find = async (words: string) => await findKoeIq(page, words);

	test.each(['koeiq', 'call recording', 'upload', '録音'])(
		'finds it by what people type: %s',
		async (words) => {
			await (await find('nothing of the kind')).waitFor({ state: 'hidden' });
			await (await find(words)).waitFor();
		},
	);

	test('offers the trigger and the action under one name', async () => {
		await (await find('koeiq')).click();
		await page.getByText('On new KoeIQ event').waitFor();
		await page.getByText('Actions (1)').click();
		await page.getByText('Upload a recording').waitFor();
	});
});

describe('the panel', () => {
	let page: Page;
	let workflowId: string;

	beforeAll(async () => {
		const kind = { type: 'n8n-nodes-koeiq.koeIq', typeVersion: 1 };
		({ page, workflowId } = await editor.visitNodes(kind, {
			Fields: { additionalFields: { language: 'ja-JP', callDate: '' } },
			'Another language': { additionalFields: { language: 'zh-CN' } },
		}));
	});

	afterEach(async () => {
		await closePanel(page);
	});

	/** Waits until n8n has saved this value of a field of Additional Fields. */
	async function saved(name: string, isIt: (value: unknown) => boolean): Promise<void> {
		const n8n = await n8nUnderTest();
		let value: unknown;
		await poll(`n8n to save ${name}`, 60_000, async () => {
			const { parameters } = nodeOf(await n8n.workflow(workflowId), 'Fields');
			value = (parameters.additionalFields as Record<string, unknown>)[name];
			return isIt(value);
		}).catch((error: unknown) => {
			throw new Error(`It is ${JSON.stringify(value)}.`, { cause: error });
		});
	}

	test('says what a Call ID is for', async () => {
		await openPanel(page, 'Fields');
		await page.getByText('makes a repeat safe').waitFor();
	});

	test('has a date picker, whose value goes up with the offset of the workflow', async () => {
		await openPanel(page, 'Fields');
		const input = byTestId(page, 'parameter-input-callDate').locator('input');
		await input.click();
		await input.fill('2026-03-16 09:30:00');
		await page.locator('.el-picker-panel:visible').getByText('OK', { exact: true }).click();
		await saved(
			'callDate',
			(value) => toCallDate(value, 'Asia/Tokyo') === '2026-03-16T09:30:00+09:00',
		);
	});

	test('takes another language as an expression', async () => {
		await openPanel(page, 'Fields');
		await byTestId(page, 'parameter-input-language').hover();
		const parameter = page.locator(
			'.parameter-item, .n8n-input-label, [data-test-id="parameter-item"]',
			{ has: byTestId(page, 'parameter-input-language') },
		);
		await parameter.last().getByText('Expression', { exact: true }).click();
		await page.keyboard.press('ControlOrMeta+A');
		await page.keyboard.type('ko-KR');
		await saved('language', (value) => value === '=ko-KR');
	});

	test('shows a language that is not in the list', async () => {
		await openPanel(page, 'Another language');
		const input = byTestId(page, 'parameter-input-language').locator('input');
		expect(await input.inputValue()).toBe('zh-CN');
	});
});

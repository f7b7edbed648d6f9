import { join } from 'node:path';

import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

import { HarnessError, toStandardError } from '../harness/report';
import { byTestId } from '../test/browser/support/editor';

const PICTURES = join(__dirname, '../docs/images');
const MAX_BYTES = 300_000;
/** CSS pixels that GitHub has for a picture. */
export const WIDTH = 830;

/** In CSS pixels of the page. */
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

const NO_MESSAGES =
	'.el-notification, .el-popper, [data-reka-popper-content-wrapper] { visibility: hidden !important }';
/** Not what floats over the workflow: buttons, bars, the logs. */
const ONLY_WORKFLOW = `${NO_MESSAGES}
	body :not(:has(.vue-flow), .vue-flow, .vue-flow *), .vue-flow__panel { visibility: hidden !important }`;

/** Takes a part of a page for docs/images. */
export async function take(page: Page, name: string, clip: Area): Promise<void> {
	await page.mouse.move(0, 0);
	await settle(page);
	await save(name, await page.screenshot({ clip, style: NO_MESSAGES }));
}

/** Takes the workflow on the canvas, as large as it fits. @throws {HarnessError} if n8n marks a node */
export async function takeCanvas(page: Page): Promise<Buffer> {
	await byTestId(page, 'zoom-to-fit').click();
	// For what stands around the nodes.
	await byTestId(page, 'zoom-out-button').click();
	await settle(page);
	const marked = await page.locator('[data-test-id="node-issues"]').count();
	if (marked > 0) throw new HarnessError(`n8n marks ${marked} nodes of ${page.url()}.`);
	const { x, y, width, height } = unite(await page.evaluate<Area[]>(PARTS_OF_WORKFLOW));
	const [left, top] = [Math.max(32, (WIDTH - width) / 2), 32];
	const clip = { x: x - left, y: y - top, width: width + 2 * left, height: height + 2 * top };
	return await page.screenshot({ clip, style: ONLY_WORKFLOW });
}

/** With a palette: a quarter of the size, and nobody sees it. */
export async function save(name: string, picture: Buffer): Promise<void> {
	const { size } = await sharp(picture)
		.png({ palette: true, effort: 10 })
		.toFile(join(PICTURES, `${name}.png`));
	if (size > MAX_BYTES) {
		throw new HarnessError(`${name}.png has ${size} bytes; ${MAX_BYTES} at most.`);
	}
	toStandardError(`  docs/images/${name}.png, ${Math.round(size / 1000)} KB`);
}

/** The smallest area with all of these in it. */
export async function around(...items: Locator[]): Promise<Area> {
	const boxes = await Promise.all(items.map(async (item) => await item.boundingBox()));
	return unite(boxes.filter((box) => box !== null));
}

/** Until the editor has moved things into their place. */
async function settle(page: Page): Promise<void> {
	await page.waitForTimeout(1_500);
}

function unite(areas: Area[]): Area {
	const x = Math.min(...areas.map((area) => area.x));
	const y = Math.min(...areas.map((area) => area.y));
	const right = Math.max(...areas.map((area) => area.x + area.width));
	const bottom = Math.max(...areas.map((area) => area.y + area.height));
	return { x, y, width: right - x, height: bottom - y };
}

const PARTS_OF_WORKFLOW = `
	[...document.querySelectorAll('.vue-flow__node, .vue-flow__node *, .vue-flow__edge-path')]
		.filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
		.filter((one) => one.matches('.vue-flow__node, svg, path') || [...one.childNodes].some(({ data }) => data?.trim()))
		.map((one) => one.getBoundingClientRect().toJSON())`;

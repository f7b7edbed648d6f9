import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import {
	chromium,
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
} from 'playwright-core';

import { OWNER } from './client';
import { HarnessError } from './report';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const USUAL_PLACES = [
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
	'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Nothing that phones home, and no sandbox where there can be none. */
const ARGUMENTS = [
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-gpu',
	'--disable-quic',
	'--disable-sync',
	'--no-first-run',
	...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/**
 * A headless Chromium: the one that `CHROMIUM_PATH` names, the system's, or Playwright's own.
 *
 * @throws {HarnessError} that says what to do if there is none: nothing is installed here
 */
export async function openBrowser(): Promise<Browser> {
	const executablePath = findBrowser();
	if (executablePath === undefined) {
		throw new HarnessError(
			'There is no Chromium or Chrome. `npm test` installs one before the first test; or install one yourself, or name its program in CHROMIUM_PATH.',
		);
	}
	return await chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A window on n8n's editor, signed in as its owner. */
export async function signIn(
	browser: Browser,
	url: string,
	options: BrowserContextOptions = {},
): Promise<BrowserContext> {
	const viewport = { width: 1440, height: 900 };
	const context = await browser.newContext({
		...{ baseURL: url, viewport, locale: 'en-US' },
		...options,
	});
	await context.request.post('/rest/login', {
		data: { ...OWNER, emailOrLdapLoginId: OWNER.email },
		failOnStatusCode: true,
	});
	return context;
}

/** Where a browser is, or `undefined`. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
	const { CHROMIUM_PATH: chosen, PATH: path = '' } = env;
	if (chosen !== undefined && chosen !== '') {
		if (existsSync(chosen)) return chosen;
		throw new HarnessError(
			`CHROMIUM_PATH is ${chosen}, and there is no such file: correct it, or unset it.`,
		);
	}
	const onPath = path.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
	return [...onPath, ...USUAL_PLACES, chromium.executablePath()].find((file) => existsSync(file));
}

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

import { chromium, type Browser, type BrowserContext } from 'playwright-core';

import { OWNER } from './client';
import { run } from './command';
import { HarnessError, toStandardError, type Report } from './report';

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
 * A headless Chromium: the one that `CHROMIUM_PATH` names, the system's, or Playwright's own; where there is none,
 * it is installed.
 *
 * @throws {HarnessError} that says what to do where there is none and none can be installed
 */
export async function openBrowser(report: Report = toStandardError): Promise<Browser> {
	const executablePath = findBrowser() ?? (await installBrowser(report));
	return await chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A window on n8n's editor, signed in as its owner. */
export async function signIn(
	browser: Browser,
	url: string,
	size = { width: 1440, height: 900 },
): Promise<BrowserContext> {
	const context = await browser.newContext({ baseURL: url, viewport: size, locale: 'en-US' });
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

async function installBrowser(report: Report): Promise<string> {
	report('There is no Chromium for the browser tests: installing one …');
	for (const install of [installByApt, installByPlaywright]) {
		try {
			await install();
		} catch (error) {
			report(error instanceof Error ? error.message : String(error));
		}
		const browser = findBrowser();
		if (browser !== undefined) return browser;
	}
	throw new HarnessError(
		'The browser tests need Chromium or Chrome, and none could be installed. Install one, or set CHROMIUM_PATH to its program, then run this again.',
	);
}

async function installByApt(): Promise<void> {
	if (process.getuid?.() !== 0 || !exists('apt-get')) return;
	const cwd = process.cwd();
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await run('read the list of packages', ['apt-get', 'update'], { cwd, env });
	const packages = ['chromium', 'fonts-noto-cjk'];
	await run('install Chromium', ['apt-get', 'install', '-y', ...packages], { cwd, env });
}

async function installByPlaywright(): Promise<void> {
	const playwright = dirname(createRequire(__filename).resolve('playwright-core/package.json'));
	const command = [process.execPath, join(playwright, 'cli.js'), 'install', 'chromium'];
	await run('install Chromium', command, { cwd: process.cwd() });
}

function exists(program: string): boolean {
	try {
		execFileSync(program, ['--version'], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

import { setTimeout as sleep } from 'node:timers/promises';

import { startInbox, type Inbox } from '../../../harness/inbox';
import { freePort } from '../../../harness/ports';
import { SECRET } from './events';

export const PASSWORD = 'the-password-of-the-page-tests';

export interface InboxWithPage {
	inbox: Inbox;
	/** `http://127.0.0.1:<port>` of the page. */
	page: string;
}

export async function startInboxWithPage(env: NodeJS.ProcessEnv = {}): Promise<InboxWithPage> {
	const port = String(await freePort());
	const inbox = await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_ADMIN_PORT: port,
			INBOX_PAGE_PASSWORD: PASSWORD,
			...env,
		},
	});
	return { inbox, page: `http://127.0.0.1:${port}` };
}

/** A browser without eyes: keeps the cookie, fills in the forms, and follows what it is sent to. */
export class Visitor {
	private constructor(
		private readonly page: string,
		private readonly cookie: string,
		private readonly token: string,
	) {}

	static async signIn(page: string): Promise<Visitor> {
		const { headers } = await postForm(`${page}/sign-in`, { password: PASSWORD });
		const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';');
		const { text } = await new Visitor(page, cookie, '').read('/');
		return new Visitor(page, cookie, /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '');
	}

	async read(path: string): Promise<{ status: number; text: string }> {
		const response = await fetch(this.page + path, { headers: { cookie: this.cookie } });
		return { status: response.status, text: await response.text() };
	}

	/** Submits a form; `token` replaces the one that the page gave. @returns the page that comes after */
	async submit(
		path: string,
		fields: Record<string, string> = {},
		token = this.token,
	): Promise<{ status: number; text: string }> {
		const form = { token, ...fields };
		const response = await postForm(this.page + path, form, { cookie: this.cookie });
		const location = response.headers.get('location');
		if (location !== null) return await this.read(location);
		return { status: response.status, text: await response.text() };
	}

	/** Until a page says something; throws if it does not within 10 seconds. */
	async until(path: string, words: string | RegExp): Promise<string> {
		const end = Date.now() + 10_000;
		while (Date.now() < end) {
			const { text } = await this.read(path);
			if (text.search(words) >= 0) return text;
			await sleep(100);
		}
		throw new Error(`${path} never said ${String(words)}`);
	}
}

export async function postForm(
	url: string,
	fields: Record<string, string>,
	headers: Record<string, string> = {},
): Promise<Response> {
	const body = new URLSearchParams(fields);
	return await fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
}

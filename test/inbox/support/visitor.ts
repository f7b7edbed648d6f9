import type { createPage } from '../../../inbox/src/page/page';

type Page = ReturnType<typeof createPage>;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A browser without eyes, on a page in this process: keeps the cookie, fills in forms, and follows where it is sent. */
export class Visitor {
	private constructor(
		private readonly page: Page,
		private readonly cookie: string,
		private readonly token: string,
	) {}

	static async signIn(page: Page, password: string): Promise<Visitor> {
		const { headers } = await postForm(page, '/sign-in', { password });
		const [cookie = ''] = String(headers['set-cookie']).split(';');
		const { text } = await new Visitor(page, cookie, '').read('/');
		return new Visitor(page, cookie, /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '');
	}

	async read(url: string): Promise<{ status: number; text: string }> {
		const { statusCode, payload } = await this.page.inject({
			url,
			headers: { cookie: this.cookie },
		});
		return { status: statusCode, text: payload };
	}

	/** Submits a form; `token` replaces the one that the page gave. @returns the page that comes after */
	async submit(
		path: string,
		fields: Record<string, string> = {},
		token = this.token,
	): Promise<{ status: number; text: string }> {
		const form = { token, ...fields };
		const { statusCode, headers, payload } = await postForm(this.page, path, form, {
			cookie: this.cookie,
		});
		const { location } = headers;
		if (location !== undefined) return await this.read(location);
		return { status: statusCode, text: payload };
	}
}

export async function postForm(
	page: Page,
	url: string,
	fields: Record<string, string>,
	headers: Record<string, string> = {},
) {
	return await page.inject({
		...{ method: 'POST', url },
		headers: { ...FORM, ...headers },
		payload: new URLSearchParams(fields).toString(),
	});
}

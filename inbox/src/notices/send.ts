/** Where notices go, and in which language. */
export interface Notify {
	url: string;
	language: 'en' | 'ja';
}

/** Sends a message that says that it is a test. @returns undefined if it was accepted; else a sentence that says what is wrong */
export async function sendTestNotice({ url }: Notify): Promise<string | undefined> {
	const { status } = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ text: 'A test from the KoeIQ inbox.' }),
	});
	return status < 300 ? undefined : `It answered ${status}.`;
}

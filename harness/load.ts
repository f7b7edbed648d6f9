/**
 * Sends at a steady rate, whatever comes back, for as long as something goes on: it ends with that, also if that fails. A
 * load that is left behind would keep its process from ending.
 *
 * @param send answers nothing and does not fail: what came back is its own to note
 * @returns what `during` gives, once every answer has come
 */
export async function underLoad<T>(
	perSecond: number,
	send: () => Promise<unknown>,
	during: () => Promise<T>,
): Promise<T> {
	const underWay = new Set<Promise<unknown>>();
	const timer = setInterval(() => {
		const sending = send().finally(() => underWay.delete(sending));
		underWay.add(sending);
	}, 1000 / perSecond);
	try {
		return await during();
	} finally {
		clearInterval(timer);
		await Promise.all(underWay);
	}
}

/** Milliseconds: a program of a busy machine takes up to 15 s to end, and the queue has seven. */
const MOST = 240_000;

/** Something that goes on until it is told to end. */
type Opened = { stop(): unknown } | { close(): unknown };

/**
 * Ends after the last test what was opened before the first, the last first: also if the next could not be opened, or
 * the hook that opened it was out of time. An open handle would keep jest from ending.
 *
 * @returns what everything that is opened goes through
 */
export function endedAfterAll(): <T extends Opened>(opening: Promise<T>) => Promise<T> {
	const all: Array<Promise<Opened>> = [];
	afterAll(async () => {
		for (const opening of all.splice(0).reverse()) {
			const opened = await opening.catch(() => undefined);
			if (opened === undefined) continue;
			await ('stop' in opened ? opened.stop() : opened.close());
		}
	}, MOST);
	return async (opening) => {
		all.push(opening);
		return await opening;
	};
}

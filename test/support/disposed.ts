import { AsyncDisposableStack } from '../../harness/disposal';

/** On a busy machine one program takes up to 15 s to end, and a queue has seven. */
const DISPOSAL_TIMEOUT_MS = 240_000;

/**
 * Ends after the last test what was started before the first, the last first: also if the next could not be started, or
 * the hook that started it was out of time. An open handle would keep jest from ending.
 *
 * @returns what everything that is started goes through
 */
export function disposedAfterAll(): <T extends AsyncDisposable>(
	starting: Promise<T>,
) => Promise<T> {
	const all = new AsyncDisposableStack();
	afterAll(async () => {
		await all[Symbol.asyncDispose]();
	}, DISPOSAL_TIMEOUT_MS);
	return async (starting) => {
		all.use({
			async [Symbol.asyncDispose]() {
				const started = await starting.catch(() => undefined);
				await started?.[Symbol.asyncDispose]();
			},
		});
		return await starting;
	};
}

import { once } from 'node:events';
import type { Writable } from 'node:stream';

import { cannotBeUsed } from '../store/open';
import { openSnapshot } from '../store/snapshot';
import { SqlStore } from '../store/sql-store';
import { attemptsOf } from '../store/store';

/** Events that are listed at once. */
const PAGE = 100;

/**
 * Writes each delivery that has failed as a line of JSON, the newest event first, also while an inbox uses the store.
 *
 * @throws {SettingError} if the store cannot be read
 */
export async function exportFailed(at: string, output: Writable): Promise<void> {
	const snapshot = await openSnapshot(at).catch((error: unknown) => {
		throw cannotBeUsed('INBOX_STORE', at, error);
	});
	const store = SqlStore.reading(snapshot);
	output.on('error', (error: NodeJS.ErrnoException) => {
		// Who reads only the first lines ends the pipe.
		if (error.code === 'EPIPE') process.exit(0);
		process.stderr.write(`The output cannot be written: ${error.message}\n`);
		process.exit(1);
	});
	try {
		for (let before = Number.MAX_SAFE_INTEGER; ;) {
			const page = await store.search({ state: 'failed', before, limit: PAGE });
			for (const { id } of page) {
				const event = await store.find(id);
				const failed = event?.deliveries.filter(({ state }) => state === 'failed') ?? [];
				for (const delivery of failed) {
					const { target, lastAnswer } = delivery;
					const line = JSON.stringify({
						id,
						receivedAt: new Date(event?.receivedAt ?? 0).toISOString(),
						...{ event: event?.event, callId: event?.callId, voicelogId: event?.voicelogId },
						target: { key: target.key, name: target.name, url: target.url },
						...{ attempts: attemptsOf(delivery), lastAnswer, body: event?.body.toString() },
					});
					if (!output.write(`${line}\n`)) await once(output, 'drain');
				}
			}
			const last = page.at(-1);
			if (last === undefined) return;
			before = last.sequence;
		}
	} finally {
		await snapshot.close();
	}
}

import { startInbox, type Inbox } from '../../../harness/inbox';
import { poll } from '../../../harness/wait';
import { SECRET } from './events';
import { newStore, type StoreName } from './stores';
import { Target } from './target';

/** Starts an inbox and its targets; what a test has started ends after it. */
export function handingOn(store: StoreName) {
	let inbox: Inbox | undefined;
	const targets: Target[] = [];

	afterEach(async () => {
		// Told to stop, it would wait for a target that hangs.
		if (inbox?.hasEnded() === false) await inbox.kill();
		await inbox?.stop();
		for (const target of targets.splice(0)) await target.close();
	});

	return {
		startTarget: async (): Promise<Target> => {
			const target = await Target.start();
			targets.push(target);
			return target;
		},
		start: async (to: readonly Target[], env: NodeJS.ProcessEnv = {}): Promise<Inbox> => {
			inbox = await startInbox({
				env: {
					...(await newStore(store)),
					INBOX_WEBHOOK_SECRET: SECRET,
					INBOX_FORWARD_TO: to.map(({ url }) => url).join(' '),
					...env,
				},
			});
			return inbox;
		},
	};
}

export async function untilTaken(target: Target, number: number, seconds = 20): Promise<void> {
	await poll(`${number} events to arrive`, seconds * 1000, () => target.taken.length >= number);
}

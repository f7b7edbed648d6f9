import { startInbox, type Inbox } from '../../harness/inbox';
import { freePort } from '../../harness/ports';
import { poll } from '../../harness/wait';
import { SECRET } from './support/events';
import { closeStores, newEvents, newPlace, openAt } from './support/open-store';
import { Target } from './support/target';

/* What the API has answered, a kill -9 does not take back. */

const KEY = 'a-key-of-the-kill-tests-0123456789';

let target: Target;
let inbox: Inbox | undefined;
let api: string;

beforeAll(async () => {
	target = await Target.start();
	target.isReady = false;
});

afterAll(async () => {
	await inbox?.stop();
	await target.close();
	await closeStores();
});

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
	const response = await fetch(`${api}/api/v1${path}`, {
		method,
		headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
		...(body && { body: JSON.stringify(body) }),
	});
	expect([path, response.status]).toEqual([path, 200]);
	return (await response.json()) as Record<string, unknown>;
}

async function counts() {
	const { targets } = (await ask('GET', '/targets')) as {
		targets: Array<{ key: string; state: string; waiting: number; delivered: number }>;
	};
	return targets.map(({ key, state, waiting, delivered }) => ({ key, state, waiting, delivered }));
}

test('a registration and a send of 10,000 events survive it', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), []);
	await Promise.all(newEvents(10_000).map((event) => store.add(event)));
	await store.close();

	const port = String(await freePort());
	api = `http://127.0.0.1:${port}`;
	inbox = await startInbox({
		env: {
			...{ INBOX_WEBHOOK_SECRET: SECRET, INBOX_STORE: at },
			...{ INBOX_ADMIN_PORT: port, INBOX_API_KEY: KEY },
		},
	});
	await ask('PUT', '/targets/one', { url: target.url, name: 'One' });
	await inbox.kill();
	await inbox.restart();
	expect(await counts()).toEqual([{ key: 'one', state: 'current', waiting: 10_000, delivered: 0 }]);

	await ask('PUT', '/targets/two', {
		url: target.url.replace('/webhook/', '/webhook/2'),
		name: 'Two',
	});
	const before = '2100-01-01T00:00:00Z';
	expect(await ask('POST', '/sends', { before, target: 'two' })).toEqual({ events: 10_000 });
	await inbox.kill();
	await inbox.restart();
	await poll('all of it to be noted', 30_000, async () => (await counts())[1]?.waiting === 10_000);
	expect(await inbox.log()).not.toContain(KEY);
	expect(target.posts).toEqual([]);
}, 120_000);

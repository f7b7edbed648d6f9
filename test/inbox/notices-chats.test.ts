import { StandIn } from '../../harness/stand-in';
import { log } from '../../inbox/src/log';
import { bodyFor } from '../../inbox/src/notices/chats';
import { titleOf } from '../../inbox/src/notices/conditions';
import type { Notice } from '../../inbox/src/notices/notice';
import { Notices, type NoticesOptions } from '../../inbox/src/notices/notices';
import { plain } from '../../inbox/src/notices/plain';
import { send, sendTestNotice, type SendFailure } from '../../inbox/src/notices/send';
import { wordsOf } from '../../inbox/src/notices/words/words';
import { chatSyntaxIn, HOSTILE } from '../support/chat-syntax';
import { closeStores, newEvents, newPlace, openAt, type OpenedStore } from './support/open-store';

/* What a chat gets, how it is sent, and that it is sent once. */

const SECRET_URL = 'https://hooks.slack.com/services/T000/B000/the-secret-of-the-chat';
const AT = Date.parse('2026-11-02T09:10:00Z');
const SINCE = AT - 600_000;

describe('what each chat gets', () => {
	const TEXT = ['a <b> & c', 'd'];
	const plainText = { text: 'a <b> & c\n\nd' };
	const slack = { text: 'a &lt;b&gt; &amp; c\n\nd', mrkdwn: false };
	const discord = { content: 'a <b> & c\n\nd', allowed_mentions: { parse: [] }, flags: 4 };
	const teams = {
		type: 'message',
		attachments: [
			{
				contentType: 'application/vnd.microsoft.card.adaptive',
				contentUrl: null,
				content: {
					$schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
					...{ type: 'AdaptiveCard', version: '1.4' },
					body: TEXT.map((text) => ({
						type: 'RichTextBlock',
						inlines: [{ type: 'TextRun', text }],
					})),
				},
			},
		],
	};

	test.each<[string, object]>([
		[SECRET_URL, slack],
		['https://hooks.slack-gov.com/services/T0/B0/x', slack],
		['https://mattermost.example.com/hooks/abc', plainText],
		['https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t', plainText],
		['https://discord.com/api/webhooks/1/x', discord],
		['https://canary.discord.com/api/webhooks/1/x', discord],
		['https://discord.com/api/webhooks/1/x/slack', slack],
		[
			'https://prod-12.japaneast.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke',
			teams,
		],
		['https://default0.1.environment.api.powerplatform.com:443/powerautomate/a/invoke', teams],
		['https://example.webhook.office.com/webhookb2/a', teams],
		['https://logic.azure.com.evil.example/', plainText],
		['http://127.0.0.1:8065/hooks/abc', plainText],
	])('%s', (url, body) => {
		expect(bodyFor(url, TEXT)).toEqual(body);
	});

	test.each(HOSTILE)('makes plain text of a workflow that is called %s', (_name, words) => {
		expect(chatSyntaxIn(plain(words))).toEqual([]);
		expect(Array.from(plain(words)).length).toBeLessThanOrEqual(81);
		expect(plain(words).trim()).not.toBe('');
	});

	test('names a target without a name by where it is and its key', () => {
		const url = 'http://n8n:5678/webhook/1-2/koeiq';
		expect(titleOf({ key: '1-2', url, name: '' })).toBe('http://n8n:5678 1-2');
		expect(titleOf({ key: url, url, name: '' })).toBe('http://n8n:5678');
		expect(titleOf({ key: '1-2', url, name: '応答 v1.2: 低スコア' })).toBe('応答 v1.2: 低スコア');
	});
});

describe('what it says', () => {
	const target = { key: 'one', target: 'X', at: AT };
	const waits = { ...target, about: 'waiting', since: SINCE } as const;
	const origin = 'http://n8n:5678';
	const over = { ...target, about: 'over', since: SINCE, events: 2 } as const;
	const notices: Notice[] = [
		...([1, 1_200] as const).map((events): Notice => ({
			...{ ...waits, events },
			cause: { kind: 'unavailable', origin, status: 'none' },
		})),
		...(['unknown', 503] as const).map((status): Notice => ({
			...{ ...waits, events: 2 },
			cause: { kind: 'unavailable', origin, status },
		})),
		...([401, 404, undefined] as const).map((status): Notice => ({
			...{ ...waits, events: 2 },
			cause: { kind: 'rejecting', origin, status },
		})),
		{ ...waits, events: 2, cause: { kind: 'busy' } },
		{ ...waits, target: '', events: 2, cause: { kind: 'noTarget' } },
		{ ...target, about: 'rejected', events: 1, since: AT - 3 * 3_600_000 },
		{ ...target, about: 'failed', events: 1, added: undefined },
		{ ...target, about: 'failed', events: 1_200, added: 200 },
		{ ...target, about: 'expiring', events: 5, since: AT - 6 * 86_400_000, until: AT + 86_400_000 },
		{ about: 'notStored', at: AT, since: SINCE, refused: 0 },
		{ about: 'notStored', at: AT, since: SINCE, refused: 1 },
		...(['waiting', 'rejected', 'failed', 'expiring'] as const).map((what): Notice => ({
			...{ ...over, what, state: 'current' },
		})),
		...(['paused', 'left', 'gone'] as const).map((state): Notice => ({
			...{ ...over, what: 'waiting', state },
		})),
		{ ...over, what: 'waiting', target: '', state: 'gone', events: 0 },
		{ ...over, what: 'expiring', state: 'paused', events: 0 },
		{ about: 'storedAgain', at: AT, since: SINCE, refused: 0 },
		{ about: 'storedAgain', at: AT, since: SINCE, refused: 3 },
	];

	test.each(['en', 'ja'] as const)('is one paragraph with its number, in %s', (language) => {
		for (const notice of notices) {
			const text = wordsOf(language).say(notice);
			expect(text).toMatch(/^(⚠️|🚨|✅|ℹ️) KoeIQ (inbox: |受信箱：)\S.*[.。]$/u);
			expect(text).not.toMatch(/ {2}|undefined|NaN|\[object|\b1 events| 1 (?:minute|hour)s/);
			if ('events' in notice && notice.about !== 'over') {
				expect(text).toContain(notice.events.toLocaleString('en'));
			}
			if ('target' in notice && notice.target !== '') expect(text).toMatch(/[“「]X[”」]/);
		}
	});

	test.each([
		[
			'en',
			/^⚠️ KoeIQ inbox: 1 event has been waiting for “X” for 10 minutes \(since Nov 2, .+\)\. n8n does not answer at http:\/\/n8n:5678\. Check that it is running\. If it is, the inbox’s page says which address to correct\. Nothing is lost: the inbox sends it as soon as it can\.$/,
		],
		[
			'ja',
			/^⚠️ KoeIQ 受信箱：「X」への送信待ちのイベントが 1 件あります。最も古いものは、11月2日 .+ から 10 分間待っています。n8n（http:\/\/n8n:5678）が応答しません。/,
		],
	] as const)('is whole sentences, in %s', (language, words) => {
		expect(notices.slice(0, 1).map(wordsOf(language).say)).toEqual([expect.stringMatching(words)]);
	});

	test('one message is short enough for every chat', () => {
		const longest = notices.map((notice) =>
			wordsOf('en').say({ ...notice, ...{ target: plain('x'.repeat(200)) } }),
		);
		// Discord takes 2,000 characters, and a message has five paragraphs at most.
		expect(Math.max(...longest.map(({ length }) => length)) * 5).toBeLessThan(3_300);
	});
});

describe('sending', () => {
	let chat: StandIn;
	const notify = () => ({
		url: `${chat.url}/hooks/the-secret-of-the-chat`,
		language: 'en' as const,
	});

	beforeAll(async () => {
		chat = await StandIn.start();
	});
	beforeEach(() => {
		chat.reset();
	});
	afterAll(async () => {
		await chat.stop();
	});

	test('a test message says that it is one', async () => {
		expect(await sendTestNotice(notify())).toBeUndefined();
		expect(chat.accepted).toEqual([{ text: wordsOf('en').test }]);
		expect(await sendTestNotice({ ...notify(), language: 'ja' })).toBeUndefined();
		expect(chat.accepted[1]).toEqual({
			text: expect.stringContaining('これはテストです') as string,
		});
		expect(chat.requests[0]?.headers['content-type']).toEqual(['application/json']);
	});

	test.each<[number, RegExp]>([
		[404, /^The chat answered 404: its incoming webhook no longer exists/],
		[400, /Check that INBOX_NOTIFY_URL is the URL of an incoming webhook\.$/],
		[302, /^The chat answered 302 and did not accept/],
		[429, /Wait a minute/],
		[503, /an error of its own\. Try again later\.$/],
	])('a chat that answers %i is told of in a sentence without the URL', async (status, words) => {
		chat.answer = () => ({ status, headers: { location: '/' }, body: notify().url });
		const sentence = await sendTestNotice(notify());
		expect(sentence).toMatch(words);
		expect(sentence).not.toMatch(/the-secret|127\.0\.0\.1/);
		expect(await sendTestNotice({ ...notify(), language: 'ja' })).toMatch(/^チャットが.*。$/);
	});

	test.each([
		['nobody listens', 'http://127.0.0.1:1/hooks/the-secret-of-the-chat', 'ECONNREFUSED'],
		['its name is none', 'http://chat.invalid/the-secret-of-the-chat', '(ENOTFOUND|EAI_AGAIN)'],
	])('a chat that cannot be reached, since %s, too', async (_why, url, code) => {
		const sentence = await sendTestNotice({ url, language: 'en' });
		expect(sentence).toMatch(new RegExp(`^The chat could not be reached \\(${code}\\): check`));
		expect(sentence).not.toMatch(/the-secret|invalid|127\.0/);
	});

	test('a chat that breaks the connection has a code too, and Retry-After is read', async () => {
		chat.answer = () => 'hang up';
		expect(await send(notify(), ['x'])).toEqual({ kind: 'unreachable', code: 'UND_ERR_SOCKET' });
		chat.answer = () => ({ status: 429, headers: { 'retry-after': '7' } });
		expect(await send(notify(), ['x'])).toEqual({
			kind: 'answered',
			status: 429,
			retryAfter: 7_000,
		});
	});

	test('a chat that does not answer is given up', async () => {
		chat.answer = async () => await new Promise(() => {});
		expect(await send(notify(), ['x'], 10)).toEqual({ kind: 'unreachable', code: 'ETIMEDOUT' });
	});
});

describe('telling, from a store', () => {
	let opened: OpenedStore;
	let sent: Array<readonly string[]>;
	let failure: SendFailure | undefined;
	let tries: number;
	let logged: string;
	const running: Notices[] = [];

	beforeEach(async () => {
		jest.useFakeTimers({
			doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'],
		});
		logged = '';
		for (const level of ['info', 'warn', 'error'] as const) {
			jest.spyOn(log, level).mockImplementation((...line) => {
				logged += JSON.stringify(line);
			});
		}
		opened = await openAt(await newPlace('SQLite'), []);
		sent = [];
		failure = undefined;
		tries = 0;
	});

	afterEach(async () => {
		await stop();
		await closeStores();
		jest.restoreAllMocks();
		jest.useRealTimers();
		expect(logged).not.toMatch(/hooks\.slack|the-secret/);
	});

	function start(store: NoticesOptions['store'] = opened.store): Notices {
		const notices = new Notices({
			...{ store, notify: { url: SECRET_URL, language: 'en' }, keep: 7 * 86_400_000 },
			status: () => undefined,
			send: async (_notify, paragraphs) => {
				tries += 1;
				if (failure === undefined) sent.push(paragraphs);
				return failure;
			},
		});
		running.push(notices);
		notices.start();
		return notices;
	}

	async function stop(): Promise<void> {
		await Promise.all(
			running.splice(0).map(async (one) => {
				await one.stop();
			}),
		);
	}

	/** Moves the clock, and lets all that comes of it happen. */
	async function pass(milliseconds: number, step = 5_000): Promise<void> {
		for (let passed = 0; passed < milliseconds; passed += step) {
			jest.advanceTimersByTime(step);
			for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
		}
	}

	const add = async (number: number) => {
		for (const event of newEvents(number)) await opened.store.add(event);
	};

	test('is once, also after restarts within the hour, and once when it is over', async () => {
		await add(2);
		start();
		await pass(9 * 60_000);
		expect(sent).toEqual([]);
		await stop();
		start();
		await pass(2 * 60_000);
		expect(sent).toEqual([[expect.stringContaining('2 events are waiting')]]);
		await stop();
		start();
		await pass(30 * 60_000);
		expect(sent).toHaveLength(1);
		await opened.store.discard('');
		await pass(30_000);
		expect(sent[1]).toEqual([expect.stringContaining('all clear')]);
	});

	test('is done by the inbox that has the lease; of its own trouble each tells', async () => {
		await add(2);
		const { store } = opened;
		const notices = start({
			overview: async () => await store.overview(),
			checkWritable: async () => {},
			takeNotices: async () => undefined,
			noteNotices: async () => {},
		});
		await pass(15 * 60_000);
		expect(sent).toEqual([]);
		notices.onNotStored();
		await pass(30_000);
		expect(sent).toEqual([[expect.stringContaining('1 event could not be stored')]]);
	});

	test('a chat that is down stops nothing, is tried less and less often, and told once it is back', async () => {
		failure = { kind: 'answered', status: 503 };
		await add(1);
		const notices = start();
		await pass(60 * 60_000);
		// After 15 s, 30 s, 1, 2, 4, 8 minutes, then every 10.
		expect(tries).toBeGreaterThan(8);
		expect(tries).toBeLessThan(13);
		notices.onNotStored();
		expect(logged).toContain(
			'A notice could not be sent. The chat answered 503, an error of its own',
		);
		failure = undefined;
		await pass(10 * 60_000);
		expect(sent).toEqual([
			[
				expect.stringContaining('1 event has been waiting'),
				expect.stringContaining('1 event could not be stored'),
			],
			[expect.stringContaining('Events are stored again')],
		]);
	});

	test('a store that is away is told of, and what was told cannot be noted is not told again', async () => {
		const { store } = opened;
		await add(1);
		start();
		jest.spyOn(store, 'noteNotices').mockRejectedValue(new Error('the disk is full'));
		await pass(12 * 60_000);
		expect(sent).toHaveLength(1);
		jest.spyOn(store, 'takeNotices').mockRejectedValue(new Error('away'));
		jest.spyOn(store, 'checkWritable').mockRejectedValue(new Error('away'));
		await pass(5 * 60_000);
		expect(sent.slice(1)).toEqual([[expect.stringContaining('new events cannot be stored')]]);
	});
});

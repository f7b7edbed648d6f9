import type { Cause, Notice } from '../notice';
import type { Words } from './words';

export const en: Words = {
	say: (notice) => {
		switch (notice.about) {
			case 'waiting': {
				const { target, events, since, at, cause } = notice;
				const whom = target === '' ? '' : ` for ${name(target)}`;
				return `⚠️ KoeIQ inbox: ${waiting(events, whom, since, at)} ${causes(cause)} Nothing is lost: the inbox sends ${them(events)} as soon as it can.`;
			}
			case 'rejected': {
				const { target, events, since, at } = notice;
				return `⚠️ KoeIQ inbox: ${name(target)} has been rejecting ${count(events)} for ${duration(at - since)} (since ${time(since)}). The inbox’s page shows what n8n answered: fix the cause. The inbox keeps retrying. If the last retry is rejected too, an event has failed.`;
			}
			case 'failed': {
				const { target, events, added } = notice;
				const what =
					added === undefined
						? `${count(events)} ${have(events)} failed for ${name(target)}`
						: `${count(added, 'more ')} ${have(added)} failed for ${name(target)}, ${number(events)} in all`;
				return `🚨 KoeIQ inbox: ${what}. All retries failed. The ${events === 1 ? 'event is' : 'events are'} still stored. The inbox’s page shows what n8n answered: fix the cause, then send ${them(events)} again there.`;
			}
			case 'expiring': {
				const { target, events, since, until, at } = notice;
				return `⚠️ KoeIQ inbox: ${name(target)} is about to be given up. It has been paused since ${time(since)}, because its workflow is not published. ${count(events)} ${are(events)} kept for it. In ${duration(until - at)} (${time(until)}), the inbox stops keeping new events for it. To continue, publish the workflow in n8n. If you no longer need it, move or discard its events on the inbox’s page.`;
			}
			case 'notStored': {
				const { since, refused } = notice;
				const what =
					refused === 0
						? `new events cannot be stored (since ${time(since)}). KoeIQ gets the response 503.`
						: `${count(refused)} could not be stored (since ${time(since)}). KoeIQ got the response 503, and may not send ${them(refused)} again.`;
				return `🚨 KoeIQ inbox: ${what} Check the disk or the database of INBOX_STORE now. The inbox’s log says what is wrong. Events that were stored before are safe.`;
			}
			case 'over':
				return over(notice);
			case 'storedAgain': {
				const { since, refused, at } = notice;
				const lost =
					refused === 0
						? 'No event was refused meanwhile.'
						: `Meanwhile ${count(refused)} ${refused === 1 ? 'was' : 'were'} refused with 503. Compare with the calls in KoeIQ.`;
				return `✅ KoeIQ inbox: all clear. Events are stored again. It lasted ${duration(at - since)}, from ${time(since)}. ${lost}`;
			}
		}
	},
	test: '✅ KoeIQ inbox: this is a test. The inbox’s notices arrive here. You have nothing to do.',
	notSent: (failure) => {
		if (failure.kind === 'unreachable') {
			return `The chat could not be reached (${failure.code}): check INBOX_NOTIFY_URL, and that the inbox can connect to the chat’s server.`;
		}
		switch (failure.status) {
			case 401:
			case 403:
			case 404:
			case 410:
				return `The chat answered ${failure.status}: its incoming webhook no longer exists, or INBOX_NOTIFY_URL is incomplete. Copy the URL again, or create a new webhook.`;
			case 429:
				return 'The chat answered 429, too many messages. Wait a minute, then try again.';
			default:
				return failure.status >= 500
					? `The chat answered ${failure.status}, an error of its own. Try again later.`
					: `The chat answered ${failure.status} and did not accept the message. Check that INBOX_NOTIFY_URL is the URL of an incoming webhook.`;
		}
	},
};

function waiting(events: number, whom: string, since: number, at: number): string {
	const when = `for ${duration(at - since)} (since ${time(since)})`;
	return events === 1
		? `1 event has been waiting${whom} ${when}.`
		: `${count(events)} are waiting${whom}, the oldest ${when}.`;
}

function causes(cause: Cause): string {
	switch (cause.kind) {
		case 'noTarget':
			return 'The inbox has no target. In n8n, publish a workflow with a KoeIQ Trigger that has Events Come From set to KoeIQ Inbox.';
		case 'unavailable':
			switch (cause.status) {
				case 'none':
					return `n8n does not answer at ${cause.origin}. Check that it is running. If it is, the inbox’s page says which address to correct.`;
				case 'unknown':
					return `n8n is not ready at ${cause.origin}. Check that it is running, and that the workflow is published.`;
				default:
					return `n8n at ${cause.origin} answers ${cause.status} and is not ready. Check that it has started, and that the workflow is published.`;
			}
		case 'rejecting':
			return cause.status === 401
				? 'n8n rejects every event with 401, because its secret differs from the one that signed them. In n8n’s credential KoeIQ Webhook API, enter the secret from KoeIQ. If you changed it in KoeIQ, also enter the old one as Previous Webhook Secret.'
				: `n8n at ${cause.origin} is ready, but rejects every event${cause.status === undefined ? '' : ` with ${cause.status}`}. Check the proxy in front of n8n.`;
		case 'busy':
			return 'n8n accepts events and is working through them. If their number grows, check in n8n’s Executions how long the workflow runs.';
	}
}

function over({ what, target, since, at, state, events }: Notice & { about: 'over' }): string {
	const clear = '✅ KoeIQ inbox: all clear.';
	const lasted = `It lasted ${duration(at - since)}, from ${time(since)}.`;
	if (target === '') return `${clear} No event is without a target any more. ${lasted}`;
	const solved = {
		waiting: `Events no longer wait for ${name(target)}. ${lasted}`,
		rejected: `${name(target)} has no rejected event left. ${lasted}`,
		failed: `No failed event is left for ${name(target)}.`,
		expiring: `${name(target)} is published again, and gets the events that were kept for it.`,
	};
	if (what === 'failed') return `${clear} ${solved.failed}`;
	switch (state) {
		case 'current':
			return `${clear} ${solved[what]}`;
		case 'paused':
			return events === 0
				? `${clear} No event is kept for ${name(target)} any more.`
				: `ℹ️ KoeIQ inbox: ${name(target)} is paused now, because its workflow is not published. ${count(events)} ${are(events)} kept for it.`;
		case 'left':
			return `⚠️ KoeIQ inbox: ${name(target)} is given up. The inbox keeps no new events for it. ${count(events)} that it did not get ${are(events)} still kept: move or discard ${them(events)} on the inbox’s page.`;
		case 'gone':
			return `${clear} ${name(target)} is no longer a target, and nothing waits for it.`;
	}
}

function name(target: string): string {
	return `“${target}”`;
}

function number(value: number): string {
	return value.toLocaleString('en');
}

function count(events: number, more = ''): string {
	return `${number(events)} ${more}${events === 1 ? 'event' : 'events'}`;
}

function them(events: number): string {
	return events === 1 ? 'it' : 'them';
}

function have(events: number): string {
	return events === 1 ? 'has' : 'have';
}

function are(events: number): string {
	return events === 1 ? 'is' : 'are';
}

function duration(milliseconds: number): string {
	const minutes = Math.max(1, Math.round(milliseconds / 60_000));
	const unit = (value: number, word: string) => `${number(value)} ${word}${value === 1 ? '' : 's'}`;
	if (minutes < 120) return unit(minutes, 'minute');
	if (minutes < 48 * 60) return unit(Math.round(minutes / 60), 'hour');
	return unit(Math.round(minutes / 1_440), 'day');
}

const TIME = new Intl.DateTimeFormat('en', {
	...{ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
	...{ hourCycle: 'h23', timeZoneName: 'short' },
});

function time(milliseconds: number): string {
	return TIME.format(milliseconds);
}

import { html, type Html } from '../html';
import { causes } from './causes-en';

const count = (number: number) => number.toLocaleString('en');
const events = (number: number) => (number === 1 ? '1 event' : `${count(number)} events`);
const failed = (number: number) => events(number).replace('event', 'failed event');

/** Everything that the page says. For people who have never seen a webhook. */
export const en = {
	language: 'en',
	title: 'KoeIQ Inbox',
	/** Of the list’s page, for those who hear it. */
	overview: 'Overview',
	causes,
	signIn: {
		heading: 'Sign in',
		password: 'Password',
		hint: 'The password is the setting INBOX_PAGE_PASSWORD of the inbox.',
		button: 'Sign in',
		wrong: 'This password is not correct.',
		signOut: 'Sign out',
	},
	live: {
		updated: 'Updated',
		unreachable: 'The inbox does not answer. The page shows how it was before. Trying again…',
	},
	states: {
		waiting: 'Waiting',
		retrying: 'Retrying',
		failed: 'Failed',
		delivered: 'Delivered',
		discarded: 'Discarded',
	},
	ignored: 'Delivered, not selected',
	ignoredHint: 'Delivered, not selected by the workflow. It did not start.',
	/** What a state means; `held` and those after it for what waits. */
	stateHints: {
		waiting: 'It is being sent.',
		retrying: 'The inbox retries automatically.',
		failed: 'All retries failed. The event is still stored: fix the cause, then send it again.',
		delivered: 'The target accepted it.',
		discarded: 'It will not be sent.',
		held: (what: string) => `Kept here until the target accepts events again. ${what}`,
		paused: 'Kept here until the workflow is published again.',
		left: 'It will not be sent: the target has left. Move or discard its events in the list of targets.',
		noTarget: 'Kept here until there is a target.',
	},
	/** At the door, for a signature of another secret. */
	refused: {
		now: (number: number) =>
			number === 1
				? '1 request was refused: its signature matches no secret of the inbox.'
				: `${count(number)} requests were refused: their signature matches no secret of the inbox.`,
		advice:
			'Refused events are not stored. If KoeIQ’s secret was changed, set INBOX_WEBHOOK_SECRET to the new one and INBOX_PREVIOUS_WEBHOOK_SECRET to the old one, and restart the inbox. In n8n, enter both in the credential KoeIQ Webhook API too. If nothing was changed, compare INBOX_WEBHOOK_SECRET with the secret in KoeIQ.',
		before: (number: number) =>
			number === 1
				? '1 request was refused for its signature, and not stored. If it came from KoeIQ, its event is missing:'
				: `${count(number)} requests were refused for their signature, and not stored. If they came from KoeIQ, their events are missing:`,
	},
	targets: {
		heading: 'Targets',
		hint: 'A target is an n8n workflow that starts with a KoeIQ Trigger. Every target gets every event.',
		none: 'No target',
		noneHint:
			'Events are kept here until there is one. In n8n, publish a workflow with a KoeIQ Trigger that has Events Come From set to KoeIQ Inbox. It then gets all of them.',
		paused: 'Paused',
		left: 'Left',
		starting: 'Checking whether it is ready…',
		readySince: 'Ready since',
		heldSince: 'Events kept here since',
		refusedSince: 'Events not accepted since',
		answered: 'it answered',
		error: 'error:',
		askedAt: 'next check at',
		pausedSince: (since: Html, until: Html) =>
			html`Paused since ${since}. Its workflow is not published. New events are kept for it until
			${until}. What is kept by then stays until you move or discard it.`,
		leftSince: (since: Html) =>
			html`Left since ${since}. New events are not kept for it. Move its events to another target,
			or discard them.`,
		forget: 'Forget this target…',
		forgetHint: (number: number) =>
			number === 0
				? 'The inbox forgets this target. A workflow that is published gets no more events. To bring it back, unpublish it, and publish it again.'
				: `${events(number)} will be discarded. A workflow that is published gets no more events. To bring it back, unpublish it, and publish it again.`,
		confirmForget: 'Forget this target',
		oldest: (age: string) => `The oldest arrived ${age} ago`,
		count,
		sendFailed: (number: number) => `Send ${failed(number)} again`,
		discardFailed: (number: number) => `Discard ${failed(number)}…`,
		discardFailedHint: (number: number) =>
			`This target will not get ${number === 1 ? 'this event. After some days it is deleted.' : `these ${events(number)}. After some days they are deleted.`}`,
		moveTo: 'Move to',
		move: (number: number) => `Move ${events(number)}`,
		discard: (number: number) => `Discard ${events(number)}…`,
		discardHint: (number: number) =>
			`${events(number)} will not be sent, and will be deleted after some days.`,
		confirmDiscard: (number: number) => `Discard ${events(number)}`,
	},
	filter: {
		search: 'Search',
		searchHint: 'Any part of an ID or an event name',
		state: 'State',
		from: 'From',
		until: 'Until',
		all: 'All',
		button: 'Search',
		clear: 'Show all',
	},
	list: {
		heading: 'Events',
		hint: 'An event is what KoeIQ reports: the transcription or the analysis of a call, an alert, or a test ping.',
		received: 'Received',
		event: 'Event',
		call: 'Call ID',
		voicelog: 'Voicelog ID',
		state: 'State',
		attempts: 'Attempts',
		attemptsHint:
			'How often the target refused or accepted the event. A request that was deferred is no attempt.',
		lastAnswer: 'Last response',
		empty: 'No event has arrived yet. Send a Test Ping from KoeIQ, and it appears here.',
		noneFound: 'No event matches this search.',
		noneYet: 'None of the newest events matches. Older ones have not been searched yet.',
		notAll: 'Older events have not been searched yet.',
		older: 'Older events',
		searchOlder: 'Search older events',
		newest: 'Newest events',
		unnamed: 'No event name',
	},
	event: {
		back: 'All events',
		received: 'Received',
		call: 'Call ID',
		voicelog: 'Voicelog ID',
		id: 'Delivery ID',
		idHint: 'In n8n: delivery.id of the item',
		size: 'Size',
		bytes: (number: number) => `${count(number)} bytes`,
		target: 'Target',
		next: 'Next attempt:',
		deliveries: 'Deliveries',
		attempts: (number: number) => (number === 1 ? '1 attempt' : `${number} attempts`),
		requests: 'All requests',
		requestsOf: (number: string) => (number === '1' ? '1 request' : `${number} requests`),
		noRequest: 'Nothing has been sent to this target yet.',
		last: (number: number) => `The last ${count(number)} requests. Earlier ones are not kept.`,
		sentAt: 'Sent',
		answer: 'Response',
		took: 'After',
		milliseconds: (number: number) => `${count(number)} ms`,
		sendAgain: 'Send again',
		toTargets: 'To a target',
		toTargetsHint:
			'A target that has the event gets it again, and its workflow runs again if it selects the event. Where the event still waits, it is sent automatically.',
		ignores: (target: string) =>
			`“${target}” did not select it, so sending it again starts nothing.`,
		allTargets: 'All targets',
		toTarget: 'Target:',
		toTargetsButton: 'Send to target',
		toUrl: 'To a URL',
		toUrlHint:
			'Use this event to build a workflow. Paste the Test URL of its KoeIQ Trigger here. Select “Execute step” in n8n, then send. KoeIQ sends nothing again.',
		toUrlInbox:
			'A trigger that has Events Come From set to KoeIQ Inbox needs no URL: “Execute step” gets the latest stored event that it selects.',
		toUrlButton: 'Send to URL',
		discard: 'Discard…',
		discardHint: 'This target will not get the event.',
		confirm: 'Discard',
		content: 'What KoeIQ sent',
		formatted: 'Formatted',
		raw: 'As it came',
		download: 'Download',
		tooLarge: 'Too large to show here.',
	},
	notices: {
		queued: (number: number) =>
			number === 1 ? 'Sending to 1 target.' : `Sending to ${count(number)} targets.`,
		held: (number: number) =>
			number === 1
				? '1 target does not accept events now. The event waits here, and is sent when it does.'
				: `${count(number)} targets do not accept events now. The event waits here, and is sent when they do.`,
		ignores:
			'The workflow did not select this event before. It starts only if you have changed that since.',
		failedHeld: (number: number) =>
			number === 1
				? '1 event waits here, and is sent when the target accepts events.'
				: `${events(number)} wait here, and are sent when the target accepts events.`,
		failedQueued: (number: number) => `Sending ${events(number)} again.`,
		noTarget: 'Nothing was sent, because there is no target.',
		moved: (number: number) => `${events(number)} moved.`,
		discarded: (number: number) => `${events(number)} discarded.`,
		forgotten: (number: number) => `The target is forgotten. ${events(number)} discarded.`,
		notForgotten:
			'Nothing was forgotten. INBOX_FORWARD_TO names this target, or it no longer exists.',
		noUrl: 'Enter a complete URL that begins with http:// or https://.',
		answered: (status: number, milliseconds: number) =>
			`The URL answered ${status} after ${count(milliseconds)} ms.`,
		notListening:
			'n8n does not listen to this URL now. A Test URL works once after each “Execute step”. A Production URL works while its workflow is published.',
		notSelected: 'The workflow did not select this event, so it did not start.',
		unreachable: (reason: string) => `The URL could not be reached: ${reason}`,
	},
	notify: {
		button: 'Send a test notice',
		hint: 'When somebody has to act, the inbox sends a message to your chat (INBOX_NOTIFY_URL). This tests it.',
		accepted: 'The test notice was accepted. Look for it in your chat.',
		refused: 'The test notice was not accepted:',
	},
	errors: {
		form: 'This form has expired. Nothing was changed. Go back, reload the page, and try again.',
		missing:
			'There is nothing here. The inbox deletes events some days after it has delivered them.',
		failed: 'Something went wrong. The inbox’s log says what.',
	},
	duration: (seconds: number) => {
		if (seconds < 60) return `${Math.floor(seconds)} s`;
		if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
		if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
		return `${Math.floor(seconds / 86_400)} d`;
	},
};

export type Words = typeof en;

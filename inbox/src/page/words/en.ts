const count = (number: number) => number.toLocaleString('en');
const events = (number: number) => (number === 1 ? '1 event' : `${count(number)} events`);

const failed = (number: number) => events(number).replace('event', 'failed event');

/** Everything that the page says. For people who have never seen a webhook. */
export const en = {
	language: 'en',
	title: 'KoeIQ Inbox',
	signIn: {
		heading: 'Sign in',
		password: 'Password',
		hint: 'The password is the setting INBOX_PAGE_PASSWORD of the inbox.',
		button: 'Sign in',
		wrong: 'This password is not correct.',
		wait: (seconds: number) => `Too many attempts. Try again in ${seconds} s.`,
		signOut: 'Sign out',
	},
	live: {
		updated: 'Updated',
		unreachable: 'The inbox does not answer. Trying again…',
	},
	states: {
		waiting: 'Waiting',
		retrying: 'Retrying',
		failed: 'Failed',
		delivered: 'Delivered',
		discarded: 'Discarded',
	},
	ignored: 'Delivered – not selected',
	ignoredHint: 'The target has it, and the workflow does not select such events.',
	stateHints: {
		waiting: 'Sent as soon as the target is ready.',
		retrying: 'The target rejected it or did not answer. The inbox tries again by itself.',
		failed: 'All retries failed. The event is still stored: send it again when the cause is fixed.',
		delivered: 'The target has it.',
		discarded: 'Not sent.',
	},
	targets: {
		heading: 'Targets',
		hint: 'A target is a KoeIQ Trigger in n8n. Each target gets every event.',
		none: 'No target',
		noneHint:
			'Events wait here. In n8n, publish a workflow with a KoeIQ Trigger whose events come from the KoeIQ Inbox: it then gets all of them.',
		paused: 'Paused',
		left: 'Left',
		starting: 'Asking whether it is ready…',
		acceptingSince: 'Accepts events since',
		unavailableSince: 'Unavailable since',
		notReady: 'it does not say that it is ready',
		rejectingSince: 'Rejects every event since',
		otherSecret: 'n8n refuses the signature: the secret in n8n’s credential differs.',
		pausedSince: 'Paused since',
		pausedHint: 'Its workflow is not published. New events are kept for it.',
		leftSince: 'Left since',
		leftHint: 'No new events are kept for it. Move its events to another target, or discard them.',
		forget: 'Forget…',
		forgetHint: (number: number) =>
			number === 0
				? 'The inbox forgets this target. It comes back if its workflow is published again.'
				: `${events(number)} will not be sent. The target comes back if its workflow is published again.`,
		confirmForget: 'Forget this target',
		failedHint: 'All retries of these events failed. They are still stored.',
		oldest: 'Oldest not delivered',
		count,
		sendFailed: (number: number) => `Send ${failed(number)} again`,
		moveTo: 'Move to',
		move: (number: number) => `Move ${events(number)}`,
		discard: 'Discard…',
		discardHint: (number: number) =>
			`${events(number)} will not be sent, and will be deleted after some days.`,
		confirm: (number: number) => `Discard ${events(number)}`,
	},
	filter: {
		search: 'Search',
		searchHint: 'Call ID, voicelog ID, delivery ID or event name',
		state: 'State',
		all: 'All',
		button: 'Search',
		clear: 'Clear',
	},
	list: {
		heading: 'Events',
		received: 'Received',
		event: 'Event',
		call: 'Call',
		voicelog: 'Voicelog',
		state: 'State',
		attempts: 'Attempts',
		lastAnswer: 'Last response',
		history: (number: number) => `The last ${count(number)} requests`,
		took: (milliseconds: number) => `after ${count(milliseconds)} ms`,
		empty: 'No event has arrived yet.',
		noneFound: 'No event matches this search.',
		older: 'Older events',
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
		next: 'Next attempt',
		soon: 'now',
		deliveries: 'Deliveries',
		sendAgain: 'Send again',
		toTargets: 'To a target',
		toTargetsHint: 'The target gets the event once more, and its workflow runs once more.',
		allTargets: 'All targets',
		toTargetsButton: 'Send to target',
		toUrl: 'To a URL',
		toUrlHint:
			'Build a workflow with this event: in n8n, open the KoeIQ Trigger, select “Listen for test event”, and paste its Test URL here. KoeIQ does not send anything again.',
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
		failedQueued: (number: number) => `Sending ${events(number)} again.`,
		noTarget: 'Nothing was sent, because there is no target.',
		moved: (number: number) => `${events(number)} moved.`,
		discarded: (number: number) => `${events(number)} discarded.`,
		forgotten: (number: number) => `The target is forgotten. ${events(number)} discarded.`,
		notForgotten: 'Nothing was forgotten: INBOX_FORWARD_TO names this target, or it is gone.',
		noUrl: 'Enter a complete URL that begins with http:// or https://.',
		answered: (status: number, milliseconds: number) =>
			`The URL answered ${status} after ${count(milliseconds)} ms.`,
		notListening:
			'n8n does not listen to this URL now. A Test URL works once after each “Listen for test event”; a Production URL works while its workflow is published.',
		rejected:
			'The trigger rejected the event: its credential has another webhook secret, or its Maximum Age is shorter than the age of this event.',
		unreachable: (reason: string) => `The URL could not be reached: ${reason}`,
	},
	errors: {
		form: 'This form has expired, and nothing was changed. Go back, reload the page, and try again.',
		missing: 'There is nothing here. The inbox deletes events some days after their delivery.',
		failed: 'Something went wrong. The log of the inbox says what.',
	},
	duration: (seconds: number) => {
		if (seconds < 60) return `${Math.floor(seconds)} s`;
		if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
		if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
		return `${Math.floor(seconds / 86_400)} d`;
	},
};

export type Words = typeof en;

/* Without this script the page works too: it shows UTC, and refreshes when it is reloaded. */

const EVERY = 4000;
const PATIENCE = 10_000;

const status = document.getElementById('status');
/** @type {NodeListOf<HTMLElement>} */
const found = document.querySelectorAll('[data-live]');
const parts = [...found];
/** @type {Map<HTMLElement, string>} */
const shown = new Map();

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' });
const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
	dateStyle: 'medium',
	timeStyle: 'medium',
});

/** @param {ParentNode} root */
function localize(root) {
	for (const time of root.querySelectorAll('time')) {
		time.title = time.dateTime;
		time.textContent = moment.format(new Date(time.dateTime));
	}
}

/**
 * Somebody is choosing, confirming or copying something here.
 * @param {HTMLElement} part
 */
function isInUse(part) {
	const selection = document.getSelection();
	return (
		part.querySelector('details[open]') !== null ||
		part.querySelector('select:focus, input:focus') !== null ||
		(selection?.isCollapsed === false && selection.containsNode(part, true))
	);
}

/** @param {HTMLElement} part */
async function refresh(part) {
	const response = await fetch(part.dataset.live ?? '', { signal: AbortSignal.timeout(PATIENCE) });
	// Signed out, or the event is gone: the page says it.
	if (response.redirected || response.status === 404) {
		location.reload();
		return;
	}
	if (!response.ok) throw new Error(`Answered ${response.status}`);
	const markup = await response.text();
	if (markup === shown.get(part) || isInUse(part)) return;
	const active = document.activeElement;
	const focused = part.contains(active) ? (active?.id ?? '') : '';
	part.innerHTML = markup;
	localize(part);
	shown.set(part, markup);
	if (focused !== '') document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refreshAll() {
	if (document.hidden) return;
	try {
		await Promise.all(parts.map(refresh));
		report(`${status?.dataset.updated ?? ''} ${clock.format(new Date())}`, false);
	} catch {
		report(status?.dataset.unreachable ?? '', true);
	}
}

/**
 * @param {string} text
 * @param {boolean} isProblem
 */
function report(text, isProblem) {
	if (status === null) return;
	status.textContent = text;
	status.classList.toggle('problem', isProblem);
}

async function keepFresh() {
	await refreshAll();
	setTimeout(() => void keepFresh(), EVERY);
}

localize(document);
if (parts.length > 0) {
	setTimeout(() => void keepFresh(), EVERY);
	document.addEventListener('visibilitychange', () => void refreshAll());
}

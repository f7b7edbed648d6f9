/* Without this script the page works too: it shows UTC, and refreshes when it is reloaded. */

const EVERY = 4000;
const PATIENCE = 10_000;

const status = document.getElementById('status');
const parts = [...document.querySelectorAll('[data-live]')];
const shown = new Map();

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' });
const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
	dateStyle: 'medium',
	timeStyle: 'medium',
});

function localize(root) {
	for (const time of root.querySelectorAll('time')) {
		time.title = time.dateTime;
		time.textContent = moment.format(new Date(time.dateTime));
	}
}

/** Somebody is choosing, confirming or copying something here. */
function isInUse(part) {
	const selection = document.getSelection();
	return (
		part.querySelector('details[open]') !== null ||
		part.querySelector('select:focus, input:focus') !== null ||
		(!selection.isCollapsed && selection.containsNode(part, true))
	);
}

async function refresh(part) {
	const response = await fetch(part.dataset.live, { signal: AbortSignal.timeout(PATIENCE) });
	// Signed out, or the event is gone: the page says it.
	if (response.redirected || response.status === 404) return location.reload();
	if (!response.ok) throw new Error(`Answered ${response.status}`);
	const markup = await response.text();
	if (markup === shown.get(part) || isInUse(part)) return;
	const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
	part.innerHTML = markup;
	localize(part);
	shown.set(part, markup);
	if (focused !== '') document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refreshAll() {
	if (document.hidden) return;
	try {
		await Promise.all(parts.map(refresh));
		status.textContent = `${status.dataset.updated} ${clock.format(new Date())}`;
		status.classList.remove('problem');
	} catch {
		status.textContent = status.dataset.unreachable;
		status.classList.add('problem');
	}
}

async function keepFresh() {
	await refreshAll();
	setTimeout(keepFresh, EVERY);
}

localize(document);
if (parts.length > 0) {
	setTimeout(keepFresh, EVERY);
	document.addEventListener('visibilitychange', refreshAll);
}

/* Without this script the page works too: it shows UTC, and refreshes when it is reloaded. */

const EVERY = 4000;
const PATIENCE = 10_000;

const status = document.getElementById('status');
const alarm = document.getElementById('alarm');
/** @type {NodeListOf<HTMLElement>} */
const found = document.querySelectorAll('[data-live]');
const parts = [...found];
/** @type {Map<HTMLElement, string>} */
const shown = new Map();

const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
	timeStyle: 'medium',
	hourCycle: 'h23',
});
const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
	dateStyle: 'medium',
	timeStyle: 'medium',
	hourCycle: 'h23',
});

/** @param {ParentNode} root */
function localize(root) {
	for (const time of root.querySelectorAll('time')) {
		time.title = time.dateTime;
		const words = time.dataset.clock === undefined ? moment : clock;
		time.textContent = words.format(new Date(time.dateTime));
	}
}

/** What is typed is the browser's time; what is sent, and comes back, is UTC. */
function localizeInputs() {
	/** @type {NodeListOf<HTMLInputElement>} */
	const inputs = document.querySelectorAll('input[type="datetime-local"]');
	for (const input of inputs) {
		// Not what a browser has put back there, which is its own time already.
		if (input.defaultValue !== '') input.value = toLocal(new Date(`${input.defaultValue}Z`));
		input.form?.addEventListener('formdata', ({ formData }) => {
			const time = new Date(input.value);
			if (!Number.isNaN(time.getTime())) formData.set(input.name, time.toISOString());
		});
	}
	for (const zone of document.querySelectorAll('[data-zone]')) zone.remove();
}

/** @param {Date} time */
function toLocal(time) {
	return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * Somebody is choosing, pressing or copying something here.
 * @param {HTMLElement} part
 */
function isInUse(part) {
	const selection = document.getSelection();
	return (
		part.matches(':active') ||
		part.querySelector('select:focus, input:focus') !== null ||
		(selection?.isCollapsed === false && selection.containsNode(part, true))
	);
}

/**
 * @param {HTMLElement} part
 * @returns {Promise<boolean>} whether it shows what is now
 */
async function refresh(part) {
	const response = await fetch(part.dataset.live ?? '', { signal: AbortSignal.timeout(PATIENCE) });
	// Signed out, or the event is gone: the page says it.
	if (response.redirected || response.status === 404) {
		location.reload();
		return false;
	}
	if (!response.ok) throw new Error(`Answered ${response.status}`);
	const markup = await response.text();
	if (markup === shown.get(part)) return true;
	if (isInUse(part)) return false;
	replace(part, markup);
	shown.set(part, markup);
	return true;
}

/**
 * What is open stays open, and what has the focus keeps it; if that is gone, the part around it gets it.
 * @param {HTMLElement} part
 * @param {string} markup
 */
function replace(part, markup) {
	const active = document.activeElement;
	const focused = part.contains(active) ? (active?.id ?? '') : undefined;
	const scrolled = [...part.querySelectorAll('.scroll')].map(({ id, scrollTop }) => ({
		id,
		scrollTop,
	}));
	const open = [...part.querySelectorAll('details[open]')].map(({ id }) => id);
	part.innerHTML = markup;
	localize(part);
	for (const id of open) document.getElementById(id)?.setAttribute('open', '');
	for (const { id, scrollTop } of scrolled) document.getElementById(id)?.scrollTo(0, scrollTop);
	if (focused === undefined) return;
	(document.getElementById(focused) ?? part).focus({ preventScroll: true });
}

async function refreshAll() {
	if (document.hidden) return;
	try {
		const isFresh = (await Promise.all(parts.map(refresh))).every(Boolean);
		if (isFresh) report(`${status?.dataset.updated ?? ''} ${clock.format(new Date())}`, false);
	} catch {
		report(status?.dataset.unreachable ?? '', true);
	}
}

/**
 * Read out only if it is a problem, and once.
 * @param {string} text
 * @param {boolean} isProblem
 */
function report(text, isProblem) {
	if (status === null || alarm === null) return;
	status.textContent = text;
	status.classList.toggle('problem', isProblem);
	const said = isProblem ? text : '';
	if (alarm.textContent !== said) alarm.textContent = said;
}

async function keepFresh() {
	await refreshAll();
	setTimeout(() => void keepFresh(), EVERY);
}

localize(document);
localizeInputs();
if (parts.length > 0) {
	setTimeout(() => void keepFresh(), EVERY);
	document.addEventListener('visibilitychange', () => void refreshAll());
}

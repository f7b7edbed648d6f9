import { attemptsOf, HISTORY_LENGTH, type Delivery, type StoredEvent } from '../../store/store';
import { format } from '../format';
import { html, type Html } from '../html';
import type { Session } from '../sessions';
import type { Words } from '../words/en';
import { troubleOf } from './causes';
import { token } from './layout';
import {
	badge,
	byUrgency,
	hintOf,
	isSentTo,
	isUndelivered,
	option,
	targetLabel,
	targetTitle,
	time,
	type Context,
} from './parts';

export interface EventContext extends Context {
	event: StoredEvent;
	session: Session | undefined;
}

/** One event: what it is, where it went, where it can go, and what it says. */
export function eventPage(context: EventContext): Html {
	const { event, words } = context;
	return html`<nav><a href="/">← ${words.event.back}</a></nav>
		<h1>${event.event ?? words.list.unnamed}</h1>
		${facts(event, words)}
		<section aria-labelledby="deliveries-heading">
			<h2 id="deliveries-heading">${words.event.deliveries}</h2>
			<div data-live="/live/events/${event.id}" tabindex="-1">${deliveries(context)}</div>
		</section>
		<section aria-labelledby="again-heading">
			<h2 id="again-heading">${words.event.sendAgain}</h2>
			<div class="two">${toTargets(context)}${toUrl(context)}</div>
		</section>
		${content(event, words)}`;
}

function facts({ receivedAt, callId, voicelogId, id, body }: StoredEvent, words: Words): Html {
	const labels = words.event;
	const fact = (label: string, value: Html) =>
		html`<div>
			<dt>${label}</dt>
			<dd>${value}</dd>
		</div>`;
	return html`<dl class="facts">
		${fact(labels.received, time(receivedAt))} ${fact(labels.call, html`${callId ?? '–'}`)}
		${fact(labels.voicelog, html`${voicelogId ?? '–'}`)}
		${fact(labels.size, html`${labels.bytes(body.length)}`)}
		${fact(labels.id, html`<code title="${labels.idHint}">${id}</code>`)}
	</dl>`;
}

/** What became of the event at each target, with every request that is kept. */
export function deliveries(context: EventContext): Html {
	return html`<ul class="targets deliveries">
		${byUrgency(context.event.deliveries).map((delivery) => item(delivery, context))}
	</ul>`;
}

function item(delivery: Delivery, context: EventContext): Html {
	const { event, session, status, words } = context;
	const { target, dueAt } = delivery;
	const isHeld = troubleOf(status(target.key))?.isStopped === true;
	const labels = words.event;
	return html`<li class="target">
		<div>
			<h3>${targetLabel(target, context)}</h3>
			${target.name === '' ? undefined : html`<code class="url" title="${target.url}">${target.url}</code>`}
		</div>
		<div>
			<p>${badge(delivery, words)} ${hintOf(delivery, context)}</p>
			${dueAt === null || isHeld ? undefined : html`<p class="hint">${labels.next} ${time(dueAt)}</p>`}
		</div>
		<div>${tries(delivery, words)}</div>
		${isUndelivered(delivery) ? discard(event.id, target.key, session, words) : undefined}
		${history(delivery, words)}
	</li>`;
}

/** A deferral is a request, and no attempt. */
function tries(delivery: Delivery, { list, event: labels }: Words): Html {
	const [attempts, { length }] = [attemptsOf(delivery), delivery.history];
	const requests = length < HISTORY_LENGTH ? String(length) : `${HISTORY_LENGTH}+`;
	return html`<span title="${list.attemptsHint}">${labels.attempts(attempts)}</span>${
			attempts === length ? undefined : html` · ${labels.requestsOf(requests)}`
		}`;
}

/** Every request that is kept, oldest first. */
function history({ target, history: attempts }: Delivery, { event: labels }: Words): Html {
	if (attempts.length === 0) return html`<p class="hint whole">${labels.noRequest}</p>`;
	return html`<div class="whole">
		${attempts.length < HISTORY_LENGTH ? undefined : html`<p class="hint">${labels.last(attempts.length)}</p>`}
		<div
			class="scroll"
			tabindex="0"
			id="history ${target.key}"
			role="group"
			aria-label="${labels.requests}"
		>
			<table class="history">
				<thead>
					<tr>
						<th scope="col" class="when">${labels.sentAt}</th>
						<th scope="col">${labels.answer}</th>
						<th scope="col" class="figure">${labels.took}</th>
					</tr>
				</thead>
				<tbody>
					${attempts.map(
						({ at, answer, milliseconds }) =>
							html`<tr>
								<td data-label="${labels.sentAt}">${time(at)}</td>
								<td data-label="${labels.answer}" class="answer">${answer}</td>
								<td data-label="${labels.took}" class="figure">
									${labels.milliseconds(milliseconds)}
								</td>
							</tr>`,
					)}
				</tbody>
			</table>
		</div>
	</div>`;
}

function discard(id: string, target: string, session: Session | undefined, words: Words): Html {
	return html`<div class="actions">
		<details id="open discard ${target}">
			<summary id="ask discard ${target}">${words.event.discard}</summary>
			<form method="post" action="/events/${id}/discard">
				${token(session)}<input type="hidden" name="target" value="${target}" />
				<p>${words.event.discardHint}</p>
				<button class="danger" id="do discard ${target}">${words.event.confirm}</button>
			</form>
		</details>
	</div>`;
}

function toTargets(context: EventContext): Html {
	const { event, overview, session, words } = context;
	const labels = words.event;
	const current = overview.filter(isSentTo);
	const ignoring = event.deliveries.filter(({ isIgnored }) => isIgnored);
	const failed = event.deliveries.filter(({ state }) => state === 'failed');
	// The others have it already.
	const chosen = failed.length === 1 ? failed[0]?.target.key : undefined;
	return html`<form method="post" action="/events/${event.id}/send" class="card">
		<h3>${labels.toTargets}</h3>
		<p>${labels.toTargetsHint}</p>
		${ignoring.map(({ target }) => html`<p>${labels.ignores(targetTitle(target, context))}</p>`)}
		${token(session)}
		${
			current.length < 2
				? current.map(
						(one) =>
							html`<input type="hidden" name="target" value="${one.key}" />
								<p>${labels.toTarget} <b>${targetTitle(one, context)}</b></p>`,
					)
				: html`<label
						>${labels.target}
						<select name="target">
							${option('', labels.allTargets)}
							${current.map((one) => option(one.key, targetTitle(one, context), one.key === chosen))}
						</select></label
					>`
		}
		<button>${labels.toTargetsButton}</button>
	</form>`;
}

function toUrl({ event, session, words }: EventContext): Html {
	const labels = words.event;
	return html`<form method="post" action="/events/${event.id}/send-to" class="card">
		<h3>${labels.toUrl}</h3>
		<p>${labels.toUrlHint}</p>
		<p>${labels.toUrlInbox}</p>
		${token(session)}
		<label
			>URL
			<input
				name="url"
				type="url"
				required
				value="${session?.lastUrl}"
				placeholder="https://n8n.example.com/webhook-test/…/koeiq"
			/>
		</label>
		<button>${labels.toUrlButton}</button>
	</form>`;
}

/** More than this is for a download: a page of megabytes helps nobody. */
const MOST_SHOWN_BYTES = 64 * 1024;

function content({ id, body, contentType, signature }: StoredEvent, words: Words): Html {
	const labels = words.event;
	const isShown = body.length <= MOST_SHOWN_BYTES;
	const raw = isShown ? body.toString() : labels.tooLarge;
	return html`<section aria-labelledby="content-heading">
		<h2 id="content-heading">${labels.content}</h2>
		<h3>${labels.formatted}</h3>
		<pre tabindex="0">${isShown ? format(raw.replace(/^\uFEFF/, '')) : labels.tooLarge}</pre>
		<details>
			<summary>${labels.raw}</summary>
			<pre tabindex="0">
Content-Type: ${contentType ?? ''}
X-KoeIQ-Signature: ${signature}

${raw}</pre>
		</details>
		<p><a href="/events/${id}/body" download>${labels.download}</a></p>
	</section>`;
}

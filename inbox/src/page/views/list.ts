import { attemptsOf, NO_TARGET, STATES, type Delivery, type EventSummary } from '../../store/store';
import { isFiltering, linkTo, toQuery, type Filter } from '../filter';
import { html, type Html } from '../html';
import { token } from './layout';
import {
	byUrgency,
	hintOf,
	mostUrgent,
	numbered,
	option,
	stateOf,
	targetTitle,
	time,
	type Context,
} from './parts';
import { targetsPart, type TargetsContext } from './targets';

export interface Found {
	events: EventSummary[];
	/** The sequence before which the next page begins; null if there is none. */
	next: number | null;
	/** All that is newer than the next page has been looked at, and that page is not empty. */
	isComplete: boolean;
}

export interface List {
	filter: Filter;
	found: Found;
}

/** The list's whole page; the targets and the rows refresh themselves. */
export function listPage(list: List & { canNotify: boolean }, context: TargetsContext): Html {
	const { words } = context;
	const { filter, found } = list;
	// A search that has not been through all of it is not made again every few seconds.
	const live = found.isComplete ? html`data-live="/live/events?${toQuery(filter)}"` : undefined;
	return html`<h1 class="unseen">${words.overview}</h1>
		<section aria-labelledby="targets-heading" data-live="/live/targets" tabindex="-1">
			${targetsPart(context)}
		</section>
		<section id="events" aria-labelledby="events-heading">
			<h2 id="events-heading">${words.list.heading}</h2>
			<p class="hint aside">${words.list.hint}</p>
			${filterForm(filter, context)}
			<div ${live} tabindex="-1">${rows(list, context)}</div>
		</section>
		${list.canNotify ? notifyForm(context) : undefined}`;
}

function filterForm(filter: Filter, context: Context): Html {
	const { overview, words } = context;
	const labels = words.filter;
	const isGone = filter.target !== '' && overview.every(({ key }) => key !== filter.target);
	const moment = (name: 'from' | 'until') =>
		html`<label
			>${labels[name]} <span data-zone>(UTC)</span>
			<input name="${name}" type="datetime-local" value="${filter[name]}"
		/></label>`;
	return html`<form method="get" action="/#events" role="search" class="filter">
		<label class="grow"
			>${labels.search}
			<input
				name="text"
				type="search"
				maxlength="200"
				value="${filter.text}"
				placeholder="${labels.searchHint}"
			/>
		</label>
		<label
			>${words.event.target}
			<select name="target">
				${option('', labels.all)}
				${overview
					.filter(({ key }) => key !== NO_TARGET)
					.map((one) => option(one.key, targetTitle(one, context), one.key === filter.target))}
				${isGone ? option(filter.target, filter.target, true) : undefined}
			</select></label
		>
		<label
			>${labels.state}
			<select name="state">
				${option('', labels.all)}
				${STATES.map((one) => option(one, words.states[one], one === filter.state))}
			</select></label
		>
		${moment('from')}${moment('until')}
		<button>${labels.button}</button>
		${isFiltering(filter) ? html`<a href="/#events">${labels.clear}</a>` : undefined}
	</form>`;
}

export function rows({ filter, found }: List, context: Context): Html {
	const { list } = context.words;
	const { events, next, isComplete } = found;
	const more = isComplete ? list.older : list.searchOlder;
	const isEverything = !isFiltering(filter) && filter.before === '';
	const none = isEverything ? list.empty : list.noneFound;
	return html`${events.length > 0 ? table(events, context) : isComplete ? html`<p class="empty">${none}</p>` : undefined}
		${isComplete ? undefined : html`<p class="hint">${events.length === 0 ? list.noneYet : list.notAll}</p>`}
		<nav>
			${
				filter.before === ''
					? undefined
					: html`<a href="${linkTo({ ...filter, before: '' })}" id="newest">${list.newest}</a>`
			}
			${
				next === null
					? undefined
					: html`<a href="${linkTo({ ...filter, before: String(next) })}" rel="next" id="older"
							>${more}</a
						>`
			}
		</nav>`;
}

function table(events: readonly EventSummary[], context: Context): Html {
	const { list } = context.words;
	return html`<table class="events">
		<thead>
			<tr>
				<th scope="col" class="when">${list.received}</th>
				<th scope="col" class="name">${list.event}</th>
				<th scope="col" class="call">${list.call}</th>
				<th scope="col">${list.voicelog}</th>
				<th scope="col" class="state">${list.state}</th>
				<th scope="col" class="figure" title="${list.attemptsHint}">${list.attempts}</th>
				<th scope="col">${list.lastAnswer}</th>
			</tr>
		</thead>
		<tbody>
			${events.map((event) => row(event, context))}
		</tbody>
	</table>`;
}

/** An event in one line, whatever it says and however many targets it has. */
function row(event: EventSummary, context: Context): Html {
	const { list } = context.words;
	const { event: name, callId, voicelogId, deliveries } = event;
	const urgent = mostUrgent(deliveries);
	const answer = urgent?.lastAnswer ?? '–';
	return html`<tr>
		<td data-label="${list.received}">${time(event.receivedAt)}</td>
		<td data-label="${list.event}">
			<a href="/events/${event.id}" id="event-${event.sequence}" title="${name}"
				>${name === null || name.trim() === '' ? list.unnamed : name}</a
			>
		</td>
		<td data-label="${list.call}" title="${callId}">${callId ?? '–'}</td>
		<td data-label="${list.voicelog}" title="${voicelogId}">${voicelogId ?? '–'}</td>
		<td data-label="${list.state}" class="states">${states(deliveries, context)}</td>
		<td data-label="${list.attempts}" class="figure">${urgent ? attemptsOf(urgent) : 0}</td>
		<td data-label="${list.lastAnswer}" title="${answer}">${answer}</td>
	</tr>`;
}

/** Each state that the event is in, with the numbers of the targets where it is. */
function states(deliveries: readonly Delivery[], context: Context): Html {
	const { overview, words } = context;
	const groups = new Map<string, Delivery[]>();
	for (const delivery of byUrgency(deliveries)) {
		const state = stateOf(delivery, words);
		groups.set(state, [...(groups.get(state) ?? []), delivery]);
	}
	const numbers = (group: readonly Delivery[]) =>
		groups.size < 2 ? undefined : group.map(({ target }) => numbered(target.key, overview));
	return html`${[...groups].map(
		([state, group]) =>
			html`<span class="of"
				>${numbers(group)}<span
					class="badge ${group[0]?.state}"
					title="${group.map((one) => hintOf(one, context)).join(' ')}"
					>${state}</span
				></span
			> `,
	)}`;
}

function notifyForm({ session, words: { notify } }: TargetsContext): Html {
	return html`<form method="post" action="/notify-test" class="notify">
		${token(session)}<button class="quiet">${notify.button}</button>
		<span class="hint">${notify.hint}</span>
	</form>`;
}

import { loadInbox, SECRET, Started, targetDown } from './support/inbox';
import { load } from './support/load';
import { cpuMilliseconds, untilIdle } from './support/processes';
import { digits, publish, spread, table } from './support/results';
import { measureInRounds } from './support/rounds';

/*
 * What the inbox's door costs: beside a bare server of node:http that reads the body, compares the HMAC and keeps
 * nothing, in the same rounds. The target is down, so that handing on takes no part.
 */

const ROUNDS = 5;
const EVENTS = 8_000;
const CONNECTIONS = 50;

type Quantities = Record<'perSecond' | 'cpu' | 'p50' | 'p99', number>;

export async function inboxDoor(report: (line: string) => void): Promise<void> {
	const started = new Started();
	try {
		const bare = await started.bareServer();
		const inbox = await started.inbox({ INBOX_FORWARD_TO: await targetDown() });
		const inboxPid = inbox.pid();
		const toBare = { requests: EVENTS, connections: CONNECTIONS, content: { secret: SECRET } };
		const send = {
			'bare server, keeps nothing': async () => await load({ ...toBare, url: bare.url }),
			'inbox, target down': async () => await loadInbox(inbox, EVENTS, CONNECTIONS),
		};
		const measure = async (door: keyof typeof send): Promise<Quantities> => {
			const pid = door === 'inbox, target down' ? inboxPid : bare.pid;
			const before = cpuMilliseconds(pid);
			const { perSecond, latency } = await send[door]();
			await untilIdle([pid]);
			return { perSecond, cpu: ((cpuMilliseconds(pid) - before) * 1000) / EVENTS, ...latency };
		};
		const doors = Object.keys(send) as Array<keyof typeof send>;
		// Both compile their code first.
		for (const door of doors) await measure(door);
		report('the door');
		const figures = await measureInRounds(
			doors.map((name) => ({ name, measure: () => measure(name) })),
			ROUNDS,
			report,
		);
		const rows = Object.entries(figures).map(([door, { perSecond, cpu, p50, p99 }]) => ({
			door,
			'events/s': spread(perSecond),
			'to the bare server': spread(perSecond.ratio),
			'CPU, µs an event': spread(cpu),
			'CPU to the bare server': spread(cpu.ratio),
			'p50, ms': digits(p50.median),
			'p99, ms': digits(p99.median),
		}));
		publish(
			'inbox-door',
			`# The inbox's door\n\nEach event is on disk before it is answered. ${CONNECTIONS} connections, each sending its next event once the last is answered; median of ${ROUNDS} interleaved rounds of ${EVENTS.toLocaleString('en')} events, in brackets the lowest and the highest. The events are made and signed before, and sent from a process of their own. CPU is that of the server's process alone. The bare server reads the body, compares the HMAC, answers, and keeps nothing.\n\n${table(rows)}`,
		);
	} finally {
		await started.stop();
	}
}

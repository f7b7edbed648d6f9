import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which bytes are sent as they are. */
export interface Raw {
	socket: Socket;
	/** All that has come back, once it ends with this. */
	until: (end: string | RegExp) => Promise<string>;
	/** Once the other side has closed it, or cut it off. */
	closed: Promise<unknown>;
}

export function openRaw(port: number, text: string | Buffer): Raw {
	const socket = connect(port, '127.0.0.1');
	let answer = '';
	socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
	socket.on('error', () => {});
	socket.write(text);
	const closed = once(socket, 'close');
	const until = async (end: string | RegExp) =>
		await new Promise<string>((resolve, reject) => {
			const look = () => {
				if (answer.search(end) >= 0) resolve(answer);
			};
			socket.on('data', look);
			void closed.then(() => {
				look();
				reject(new Error(`Closed after ${JSON.stringify(answer)}`));
			});
			look();
		});
	return { socket, until, closed };
}

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(scrypt);
const LENGTH = 32;

/**
 * Compares attempts at the password, one at a time and each at a cost: so guesses are slow whoever makes them, and the
 * right password is only ever behind those that came before it. No address is locked out, for behind a proxy all have
 * the same one; no clock is read.
 */
export class PasswordCheck {
	private readonly salt = randomBytes(16);
	private readonly expected: Promise<Buffer>;
	private last: Promise<unknown>;

	constructor(password: string) {
		this.expected = this.hash(password);
		this.last = this.expected;
	}

	async isRight(password: string): Promise<boolean> {
		const turn = this.last.then(async () => await this.hash(password));
		this.last = turn.catch(() => {});
		return timingSafeEqual(await turn, await this.expected);
	}

	private async hash(password: string): Promise<Buffer> {
		return (await derive(password, this.salt, LENGTH)) as Buffer;
	}
}

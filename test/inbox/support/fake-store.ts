import type { NewEvent, Store } from '../../../inbox/src/store/store';

/** As much of a store as the door and the sign-in need: keeps events in memory, fails and stands still when told to. */
export class FakeStore implements Pick<Store, 'add' | 'checkWritable'> {
	readonly events = new Map<string, NewEvent>();
	/** How often it was asked whether it can be written. */
	checks = 0;
	/** What goes before each answer. */
	before: () => Promise<void> = async () => {};

	/** Stands still. @returns what lets it go on */
	freeze(): () => void {
		let goOn: () => void = () => {};
		const frozen = new Promise<void>((resolve) => (goOn = resolve));
		this.before = async () => {
			await frozen;
		};
		return goOn;
	}

	async add(event: NewEvent): Promise<'stored' | 'duplicate'> {
		await this.before();
		if (this.events.has(event.id)) return 'duplicate';
		this.events.set(event.id, event);
		return 'stored';
	}

	async checkWritable(): Promise<void> {
		this.checks += 1;
		await this.before();
	}
}

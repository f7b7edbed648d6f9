/** A sample with other fields of `data` or of its envelope, as KoeIQ would send it. */
export function event(sample: string, data: object, envelope: object = {}): string {
	const made = JSON.parse(sample) as { data: object };
	return JSON.stringify({ ...made, ...envelope, data: { ...made.data, ...data } });
}

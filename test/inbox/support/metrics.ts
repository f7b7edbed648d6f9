/** The value of a metric of an inbox; undefined if it has none with these labels. */
export async function metric(url: string, name: string, labels = ''): Promise<number | undefined> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const line = text
		.split('\n')
		.find((candidate) => candidate.startsWith(labels === '' ? `${name} ` : `${name}{${labels}} `));
	return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

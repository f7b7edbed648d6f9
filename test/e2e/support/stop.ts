export default async function stop(): Promise<void> {
	await globalThis.n8nUnderTest?.stop();
}
